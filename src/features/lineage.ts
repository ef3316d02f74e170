import type { Bar } from '../contracts/bar.ts'
import type { FeatureVector } from '../contracts/features.ts'
import type { Lineage, LineageBars, LineageNode, LineageWish } from '../contracts/lineage.ts'
import { digestOfBar, digestOfBars } from '../market/bar-digest.ts'
import type { Series } from '../market/series.ts'
import { type Definition, expressionsVersion, type RestsOn } from './definition.ts'
import type { Frame } from './symbol-folds.ts'

/** A value to trace: the vector of its feature alone, the digest of the set that it was read in, and where the series of a symbol are found. */
export type LineageSubject = {
  readonly symbol: string
  readonly definition: Definition
  readonly vector: FeatureVector
  readonly setDigest: string
  readonly wish: Pick<LineageWish, 'bars' | 'since'>
  readonly seriesOf: (symbol: string, frame: Frame) => Series | undefined
}

/** Digesting more than this many bars would hold up other answers. */
const digestedAtMost = 50_000

const nameOf = ({ symbol, timeframe }: Series['key']): string => `${symbol}@${timeframe}`

/** The nodes of a feature of the catalogue: its definition, and the fields of bars that it reads from a series. */
function catalogueNodes({ id, family, params, partner, warmUp, digest }: RestsOn, series: string): LineageNode[] {
  const { formula, version, inputs, parameters } = family
  const named = parameters.map(({ name }, position) => [name, params[position] as number] as const)
  const fields = inputs.map((field) => ({ kind: 'field', name: `${field} of ${series}`, field, restsOn: [series] }) as const)
  return [
    {
      kind: 'definition',
      name: `definition of ${id}`,
      formula,
      parameters: { ...(partner === undefined ? {} : { symbol: partner }), ...Object.fromEntries(named) },
      version,
      settled: warmUp.settled,
      digest,
      restsOn: fields.map(({ name }) => name),
    },
    ...fields,
  ]
}

/** The nodes of a definition: an expression's own, then those of the features that it rests on, each node once. */
function definitionNodes({ id, restsOn, warmUp, digest }: Definition, series: string): LineageNode[] {
  const nodes = restsOn.flatMap((feature) => catalogueNodes(feature, series))
  const names = restsOn.map((feature) => `definition of ${feature.id}`)
  const own = { kind: 'definition', name: `definition of ${id}`, formula: id, parameters: {}, version: expressionsVersion, settled: warmUp.settled } as const
  const all = names.includes(own.name) ? nodes : [{ ...own, digest, restsOn: names }, ...nodes]
  return [...new Map(all.map((node) => [node.name, node])).values()]
}

function valueNode({ definition, vector, setDigest }: LineageSubject): LineageNode {
  const { values, statuses, warming, reasons, barCloseTime } = vector
  const [status = 'missing', progress, reason] = [statuses[0], warming?.get(0), reasons?.get(0)]
  return {
    kind: 'value',
    name: definition.id,
    status,
    ...(status === 'ok' ? { value: values.at(-1) as number } : {}),
    ...(progress === undefined ? {} : { warming: progress }),
    ...(reason === undefined ? {} : { reason }),
    ...(barCloseTime === undefined ? {} : { eventTime: barCloseTime }),
    setDigest,
    restsOn: [`definition of ${definition.id}`],
  }
}

/** Which bars: opened at `from` or later, closed at `until` or before. */
type Span = { readonly from: number; readonly until: number }

function describeBars(series: Series, { from, until }: Span, { bars: listed, since }: LineageSubject['wish']): LineageBars | undefined {
  const end = series.positionFrom(until - series.barMs + 1)
  const rows = series.slice(series.positionFrom(from), end)
  const [first, last] = [rows[0], rows.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const revisionsOf = ({ openTime }: Bar): number => series.revisions(openTime).length
  const digested = rows.slice(-digestedAtMost).filter(({ openTime }) => openTime >= (since ?? from))
  return {
    origin: from === -Infinity ? (series.origin ?? first.openTime) : from,
    firstOpenTime: first.openTime,
    lastOpenTime: last.openTime,
    count: rows.length,
    dropped: series.trimmed,
    revisions: rows.reduce((sum, bar) => sum + revisionsOf(bar), 0),
    newestReceivedTime: last.receivedTime,
    digest: digestOfBars(series.key, digested),
    digestFrom: digested[0]?.openTime ?? since ?? first.openTime,
    newest: rows.slice(rows.length - Math.min(listed, rows.length)).map((bar) => ({ bar, revisions: revisionsOf(bar), digest: digestOfBar(bar) })),
  }
}

/** A series, and those that it is made from: the shorter one, or the two that it joins. */
function seriesNodes(series: Series, span: Span | undefined, subject: LineageSubject & { readonly partner?: string | undefined }): LineageNode[] {
  const { key, settings } = series
  const { symbol, partner, wish, seriesOf } = subject
  const bars = span && describeBars(series, span, wish)
  const behind = [
    ...(partner === undefined ? [] : [seriesOf(symbol, { timeframe: key.timeframe }), seriesOf(partner, { timeframe: key.timeframe })]),
    ...(partner === undefined && settings.derivedFrom ? [seriesOf(key.symbol, { timeframe: settings.derivedFrom })] : []),
  ].filter((source) => source !== undefined)
  const below = bars && { from: bars.origin, until: bars.lastOpenTime + series.barMs }
  return [
    {
      kind: 'series',
      name: nameOf(key),
      timeframe: key.timeframe,
      ...settings,
      ...(bars ? { bars } : {}),
      restsOn: behind.map((source) => nameOf(source.key)),
    },
    ...behind.flatMap((source) => seriesNodes(source, below, { ...subject, partner: undefined })),
  ]
}

/** Where a value comes from: its definition, the fields of the bars that it reads, their series with those that they are made from, and the bars themselves. */
export function traceLineage(subject: LineageSubject): Lineage {
  const { symbol, definition, vector, seriesOf } = subject
  const { timeframe, partner } = definition
  const series = seriesOf(symbol, { timeframe, partner })
  const name = series ? nameOf(series.key) : nameOf({ symbol: partner === undefined ? symbol : `${symbol}~${partner}`, timeframe })
  const span = vector.barCloseTime === undefined ? undefined : { from: vector.origin ?? -Infinity, until: vector.barCloseTime }
  const nodes = [valueNode(subject), ...definitionNodes(definition, name), ...(series ? seriesNodes(series, span, { ...subject, partner }) : [])]
  return { asOf: vector.asOf, clock: vector.clock, nodes }
}
