import type { Clock, Ids, Random } from './contracts/ports.ts'
import type { GatewayLog } from './gateway/gateway-deps.ts'

/** What the process brings along: time, chance, ids, where logs go. */
export type Surroundings = { readonly clock: Clock; readonly random: Random; readonly ids: Ids; readonly log: GatewayLog; readonly version: string }
