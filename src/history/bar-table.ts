import type { Bar } from '../contracts/bar.ts'
import { type Flow, type FlowField, flowFields, noFlow } from '../contracts/flow.ts'
import type { Block, ColumnSpec } from './table.ts'

const times = ['openTime', 'closeTime', 'receivedTime'] as const
const prices = ['open', 'high', 'low', 'close', 'volume'] as const

const snake = (name: string): string => name.replace(/([a-z])([A-Z0-9])/g, '$1_$2').toLowerCase()

/**
 * Columns of bars in Parquet: times, `version` (from 1: a later one replaced it), prices in the quote currency and volume in the base currency, `empty`, and the order flow of the
 * period, null where it was not observed.
 */
export const barColumns: readonly ColumnSpec[] = [
  ...times.map((name) => ({ name: snake(name), type: 'time' }) as const),
  { name: 'version', type: 'integer' },
  ...prices.map((name) => ({ name, type: 'double' }) as const),
  { name: 'empty', type: 'boolean' },
  ...flowFields.map((name) => ({ name: snake(name), type: 'double' }) as const),
]

/** A bar and which of the versions of its time it is, from 1. */
export type BarVersion = { readonly bar: Bar; readonly version: number }

const fields: readonly ((of: BarVersion) => number)[] = [
  ...times.map(
    (name) =>
      ({ bar }: BarVersion) =>
        bar[name],
  ),
  ({ version }) => version,
  ...prices.map(
    (name) =>
      ({ bar }: BarVersion) =>
        bar[name],
  ),
  ({ bar }) => (bar.empty ? 1 : 0),
  ...flowFields.map(
    (name) =>
      ({ bar: { flow = noFlow } }: BarVersion) =>
        flow[name],
  ),
]

/** Bars as a block of `barColumns`. */
export const blockOfBars = (versions: readonly BarVersion[]): Block => ({
  rows: versions.length,
  columns: fields.map((field) => Float64Array.from(versions, field)),
})

/** The bars of a block with these columns, whose order does not matter. Columns that an older release did not write are not observed. */
export function* barsOfBlock({ rows, columns }: Block, names: readonly string[]): Generator<BarVersion> {
  const numbers = new Map(names.map((name, i) => [name, columns[i] as Float64Array]))
  const value = (name: string, row: number): number => numbers.get(snake(name))?.[row] ?? NaN
  for (let row = 0; row < rows; row++) {
    const pick = <Name extends string>(of: readonly Name[]) => Object.fromEntries(of.map((name) => [name, value(name, row)])) as Record<Name, number>
    const flow: Flow = pick<FlowField>(flowFields)
    const observed = flowFields.some((name) => !Number.isNaN(flow[name]))
    const bar = { ...pick(times), ...pick(prices), empty: value('empty', row) === 1, ...(observed ? { flow } : {}) }
    yield { bar, version: value('version', row) }
  }
}
