import type { Meter } from '../../../contracts/meter.ts'
import { noMeter } from '../../../contracts/meter.ts'
import { MemoryOnlineStore, SharedMemory } from '../../../feature-store/memory-online-store.ts'
import { MirrorMeter } from '../../../feature-store/mirror-meter.ts'
import { VectorMirror } from '../../../feature-store/vector-mirror.ts'
import { WriterLeases } from '../../../feature-store/writer-leases.ts'
import type { BarInput } from '../../../market/check-bar.ts'
import { SeriesStore } from '../../../market/series-store.ts'
import { FeatureService } from '../../feature-service.ts'
import { MirroredVectors } from '../mirrored-vectors.ts'
import { SharedSets } from '../shared-sets.ts'
import { SharedStates } from '../shared-states.ts'
import { SymbolWriters } from '../symbol-writers.ts'

/** What replicas of a test have in common: the store, and time that stands until it is moved. */
export class Surroundings {
  readonly memory = new SharedMemory()
  readonly warnings: string[] = []
  readonly leaseMs = 10_000
  time: number
  constructor(time: number) {
    this.time = time
  }
  readonly clock = { now: (): number => this.time, monotonic: (): number => this.time }
}

/** A replica without HTTP, models and timers, over memory. */
export function makeReplica(
  around: Surroundings,
  name: string,
  { meter = noMeter, recentRows = 16 }: { readonly meter?: Meter; readonly recentRows?: number } = {},
) {
  const { clock, memory, leaseMs } = around
  const store = new MemoryOnlineStore({ memory, replica: name, leaseMs, clock })
  const leases = new WriterLeases({ store, leaseMs, clock, timer: { after: () => () => undefined }, meter })
  const mirror = new VectorMirror({ store, symbols: 100, meter: new MirrorMeter(meter, clock) })
  const states = new SharedStates()
  const market = new SeriesStore({ clock, meter, keepBars: 1_100 })
  const remote = new MirroredVectors({ mirror, leases, recentRows, clock })
  const features = new FeatureService({ series: market, clock, meter, historyRows: 64, states, remote })
  const log = { warn: (_about: object, message: string) => void around.warnings.push(message) }
  const writers = new SymbolWriters({ store, leases, mirror, market, features, states, recentRows, meter, log })
  const sets = new SharedSets({ store, features, clock, log })
  const take = async (bars: readonly BarInput[], symbol = 'BTC/USDT') =>
    writers.write(symbol, () => market.ingest({ symbol, timeframe: '1m' }, bars, { clock: 'replay' }))
  return { store, leases, mirror, market, features, writers, sets, take }
}
