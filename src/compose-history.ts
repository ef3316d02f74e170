import { join } from 'node:path'
import type { Config } from './config/schema.ts'
import type { FeatureSet } from './contracts/features.ts'
import type { HealthProbe } from './contracts/health.ts'
import type { Meter } from './contracts/meter.ts'
import type { Clock } from './contracts/ports.ts'
import type { DecisionRing } from './events/decision-ring.ts'
import { HistorySealer } from './history/history-sealer.ts'
import { incomingFolder } from './history/seal-days.ts'
import { ServedVectorLog } from './history/served-vector-log.ts'
import { DayLog, type LoggedKind, type Loss } from './market/day-log.ts'
import type { Surroundings } from './surroundings.ts'
import { systemTimer } from './system.ts'

/** What keeps history beside the bars, not yet started; `health` is absent where no log is kept. */
export type HistoryKeeping = { start(): void; close(): Promise<void>; readonly health?: HealthProbe }

type DayLogs = Readonly<Record<LoggedKind, DayLog | undefined>>

const words: Readonly<Record<LoggedKind, string>> = { vectors: 'vectors of predictions', ticks: 'trades', books: 'order books' }
const why: Readonly<Record<Loss, string>> = { full: 'the logs take all the room that they may', unwritable: 'the disk refuses them' }

/** How the logs are: degraded while one of them loses rows; undefined where there is none. */
function probeOf(logs: DayLogs): HealthProbe | undefined {
  const kept = (Object.keys(words) as LoggedKind[]).filter((kind) => logs[kind] !== undefined)
  if (kept.length === 0) return undefined
  return () => {
    const lost = kept.flatMap((kind) => (logs[kind]?.loss ? `${words[kind]} are not kept: ${why[logs[kind].loss]}` : []))
    return lost.length === 0 ? { status: 'healthy', detail: kept.map((kind) => words[kind]).join(', ') } : { status: 'degraded', detail: lost.join('; ') }
  }
}

const historyFolder = ({ data }: Config): string => join(data.dir, 'history')

/** Logs of what history keeps until it is sealed; a kind of which none is kept has none. */
export function openDayLogs(config: Config, { clock, meter }: { readonly clock: Clock; readonly meter: Meter }): DayLogs {
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
  { decisions, features, logs }: { readonly decisions: DecisionRing; readonly features: { sets(): FeatureSet[] }; readonly logs: DayLogs },
): HistoryKeeping {
  const { data, market, history } = config
  if (!market.persist || !history.enabled) return { start() {}, close: () => Promise.resolve() }
  const shared = { clock, meter, timer: systemTimer }
  const sealer = new HistorySealer({ ...history, ...shared, market: join(data.dir, 'market'), history: historyFolder(config), log })
  const vectors = logs.vectors && new ServedVectorLog({ ...shared, decisions, sets: () => features.sets(), log: logs.vectors })
  const health = probeOf(logs)
  return {
    ...(health && { health }),
    start() {
      sealer.start()
      vectors?.start()
    },
    async close() {
      await Promise.all([sealer.close(), vectors?.close()])
    },
  }
}
