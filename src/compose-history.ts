import { join } from 'node:path'
import type { Config } from './config/schema.ts'
import type { FeatureSet } from './contracts/features.ts'
import type { Meter } from './contracts/meter.ts'
import type { Clock } from './contracts/ports.ts'
import type { DecisionRing } from './events/decision-ring.ts'
import { HistorySealer } from './history/history-sealer.ts'
import { incomingFolder } from './history/seal-days.ts'
import { ServedVectorLog } from './history/served-vector-log.ts'
import { DayLog, type LoggedKind } from './market/day-log.ts'
import type { Surroundings } from './surroundings.ts'
import { systemTimer } from './system.ts'

/** What keeps history beside the bars, not yet started. */
export type HistoryKeeping = { start(): void; close(): Promise<void> }

const historyFolder = ({ data }: Config): string => join(data.dir, 'history')

/** Logs of what history keeps until it is sealed; a kind of which none is kept has none. */
export function openDayLogs(
  config: Config,
  { clock, meter }: { readonly clock: Clock; readonly meter: Meter },
): Readonly<Record<LoggedKind, DayLog | undefined>> {
  const { market, history } = config
  const folder = incomingFolder(historyFolder(config))
  const open = (kind: LoggedKind, mb: number): DayLog | undefined =>
    market.persist && history.enabled && mb > 0 ? new DayLog({ folder, kind, maxBytes: mb * 1_048_576, clock, meter }) : undefined
  return { vectors: open('vectors', history.vectorsMb), ticks: open('ticks', history.ticksMb), books: open('books', history.booksMb) }
}

/** What logs the vectors of predictions and seals what has come in into Parquet; it does nothing where no history is kept. */
export function composeHistory(
  config: Config,
  { clock, log, meter }: Pick<Surroundings, 'clock' | 'log'> & { readonly meter: Meter },
  { decisions, features, vectorLog }: { readonly decisions: DecisionRing; readonly features: { sets(): FeatureSet[] }; readonly vectorLog: DayLog | undefined },
): HistoryKeeping {
  const { data, market, history } = config
  if (!market.persist || !history.enabled) return { start() {}, close: () => Promise.resolve() }
  const shared = { clock, meter, timer: systemTimer }
  const sealer = new HistorySealer({ ...history, ...shared, market: join(data.dir, 'market'), history: historyFolder(config), log })
  const vectors = vectorLog && new ServedVectorLog({ ...shared, decisions, sets: () => features.sets(), log: vectorLog })
  return {
    start() {
      sealer.start()
      vectors?.start()
    },
    async close() {
      await Promise.all([sealer.close(), vectors?.close()])
    },
  }
}
