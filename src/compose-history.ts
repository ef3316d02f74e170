import { join } from 'node:path'
import type { Config } from './config/schema.ts'
import type { FeatureSet } from './contracts/features.ts'
import type { Meter } from './contracts/meter.ts'
import type { DecisionRing } from './events/decision-ring.ts'
import { HistorySealer } from './history/history-sealer.ts'
import { incomingFolder } from './history/seal-days.ts'
import { ServedVectorLog } from './history/served-vector-log.ts'
import { DayLog } from './market/day-log.ts'
import type { Surroundings } from './surroundings.ts'
import { systemTimer } from './system.ts'

/** What keeps history beside the bars, not yet started. */
export type HistoryKeeping = { start(): void; close(): Promise<void> }

const historyFolder = ({ data }: Config): string => join(data.dir, 'history')

/** What logs the vectors of predictions and seals what has come in into Parquet; it does nothing where no history is kept. */
export function composeHistory(
  config: Config,
  { clock, log, meter }: Pick<Surroundings, 'clock' | 'log'> & { readonly meter: Meter },
  { decisions, features }: { readonly decisions: DecisionRing; readonly features: { sets(): FeatureSet[] } },
): HistoryKeeping {
  const { data, market, history } = config
  if (!market.persist || !history.enabled) return { start() {}, close: () => Promise.resolve() }
  const shared = { clock, meter, timer: systemTimer }
  const sealer = new HistorySealer({ ...history, ...shared, market: join(data.dir, 'market'), history: historyFolder(config), log })
  const openLog = () => new DayLog({ clock, meter, folder: incomingFolder(historyFolder(config)), kind: 'vectors', maxBytes: history.vectorsMb * 1_048_576 })
  const vectors = history.vectorsMb === 0 ? undefined : new ServedVectorLog({ ...shared, decisions, sets: () => features.sets(), log: openLog() })
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
