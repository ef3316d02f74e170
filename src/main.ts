import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import type { Config } from './config/schema.ts'
import { compose, type Presage } from './compose.ts'
import { requireFree } from './gateway/listen-at.ts'
import { makeIds, systemClock } from './system.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** A server that answers: where, and how it ends. */
export type Running = { readonly presage: Presage; readonly url: string; readonly readyMs: number }

/** Puts the product together and starts it, unless its address is taken already. `readyMs` is how long the process took from its start to its first possible answer. */
export async function run(config: Config): Promise<Running> {
  const log = pino({ level: config.log.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: false }))
  await requireFree(config.gateway)
  const presage = await compose(config, { clock: systemClock, random: Math.random, ids: makeIds(systemClock), log, version })
  const url = await presage.start().catch(async (error: unknown) => {
    await presage.stop()
    throw error
  })
  const readyMs = Math.round(performance.now())
  log.info({ url, ready_ms: readyMs }, 'ready')
  return { presage, url, readyMs }
}

/** Ends the process when it is asked to: what goes on is finished first; a second signal ends it at once. `before` stops what feeds the server. */
export function endOnSignal({ presage }: Running, before: () => void): void {
  const end = (): void => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
    before()
    void presage.stop().then((clean) => process.exit(clean ? 0 : 1))
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
}
