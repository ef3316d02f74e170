import type { Duck } from './duckdb.ts'
import { type DaySealReport, DaySealer } from './seal-days.ts'
import { JournalSealer, type JournalSealReport, type JournalSealRequest } from './seal-journal.ts'

/** What to seal: the bar journal, and the day logs that lie beside the files. `keepDays` (0: all) is how long files stay, `rawKeepDays` those of trades and order books, if not as long. */
export type SealRequest = JournalSealRequest & { readonly rawKeepDays?: number }

/** What was done: versions of bars and rows of other kinds read, files written, files removed because they were too old. */
export type SealReport = JournalSealReport & Pick<DaySealReport, 'rows'>

/** Seals bars, then the rest: bars come first, as the rest is proven with them. */
export async function seal(duck: Duck, request: SealRequest): Promise<SealReport> {
  const bars = await new JournalSealer(duck, request).seal()
  const { rows, files, removed } = await new DaySealer(duck, request).seal()
  return { bars: bars.bars, rows, files: bars.files + files, removed: bars.removed + removed }
}
