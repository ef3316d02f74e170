import type { Timeframe } from '../contracts/timeframe.ts'

/** The plain names that callers may use, and what each stands for on a model's timeframe. */
export const plainNames: Readonly<Record<string, string>> = {
  price: 'close',
  volume: 'volume',
  rsi: 'rsi(14)',
  macd: 'macd(12,26,9)',
}

/** Column by every name that a caller may use: the canonical ids, and the plain names of those that are among them. */
export function columnNames(ids: readonly string[], timeframe: Timeframe): Map<string, number> {
  const columns = new Map(ids.map((id, column) => [id, column]))
  for (const [plain, name] of Object.entries(plainNames)) {
    const column = columns.get(`${name}@${timeframe}`)
    if (column !== undefined) columns.set(plain, column)
  }
  return columns
}
