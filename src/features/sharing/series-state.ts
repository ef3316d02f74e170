import type { Calendars } from '../../calendars/calendars.ts'
import type { SeriesKey } from '../../contracts/bar.ts'
import type { Timeframe } from '../../contracts/timeframe.ts'
import type { Edits } from '../../feature-store/online-store.ts'
import { seal, unseal } from '../../feature-store/seal.ts'
import { decodeRecord, encodeRecord } from '../../market/bar-records.ts'
import { barsPerBlock, Series, type SeriesSettings } from '../../market/series.ts'
import type { Snapshot } from '../series-fold.ts'
import { decodeSnapshot, encodeSnapshot } from '../snapshot-bytes.ts'

/** A series as another replica goes on with it: its last bars, and the states of kernels before some of them. */
export type SeriesState = { readonly series: Series; readonly snapshots: readonly Snapshot[] }

type Past = { readonly settings: SeriesSettings; readonly origin: number; readonly trimmed: number }

/** Bars that are written together: a new bar writes half of them again, on average. A block has a whole number of them. */
const barsPerChunk = 32

const chunkMs = ({ barMs }: Series): number => barsPerChunk * barMs
const chunkOf = (series: Series, openTime: number): number => Math.floor(openTime / chunkMs(series))

/** What was published of one series: tells what must be written so that its last `blocks` blocks of bars are known, the newest included, with the snapshots between them. */
export class PublishedSeries {
  readonly #series: Series
  readonly #bars = new Set<number>()
  readonly #snapshots = new Map<number, Snapshot>()
  #past = ''
  #rewrites = 0
  #lastOpenTime = -Infinity
  constructor(series: Series) {
    this.#series = series
  }

  edits(snapshots: readonly Snapshot[], blocks: number): Edits {
    const series = this.#series
    const { key, barMs, last, rewriteCount } = series
    const put = new Map<string, Uint8Array>()
    if (last === undefined) return { put, drop: [] }
    const oldest = (Math.floor(last.openTime / barMs / barsPerBlock) - blocks + 1) * barsPerBlock * barMs
    const from = Math.max(oldest, Math.min(series.rewrittenSince(this.#rewrites), this.#lastOpenTime + 1))
    this.#rewrites = rewriteCount
    this.#lastOpenTime = last.openTime
    this.#putPast(put, series.trimmed + series.positionFrom(oldest))
    for (const chunk of this.#chunksFrom(from)) put.set(barsName(key.timeframe, chunk), this.#chunkBytes(chunk))
    for (const snapshot of snapshots) if (snapshot.boundary >= oldest) this.#putSnapshot(put, snapshot)
    return { put, drop: this.#dropBefore(oldest) }
  }

  #dropBefore(oldest: number): string[] {
    const { timeframe } = this.#series.key
    const chunks = [...this.#bars].filter((chunk) => chunk < chunkOf(this.#series, oldest))
    const boundaries = [...this.#snapshots.keys()].filter((boundary) => boundary < oldest)
    for (const chunk of chunks) this.#bars.delete(chunk)
    for (const boundary of boundaries) this.#snapshots.delete(boundary)
    return [...chunks.map((chunk) => barsName(timeframe, chunk)), ...boundaries.map((boundary) => stateName(timeframe, boundary))]
  }

  #putPast(put: Map<string, Uint8Array>, trimmed: number): void {
    const { key, settings, origin = 0 } = this.#series
    const past = JSON.stringify({ settings, origin, trimmed } satisfies Past)
    if (past !== this.#past) put.set(`${key.timeframe}/past`, seal(Buffer.from(past)))
    this.#past = past
  }

  #putSnapshot(put: Map<string, Uint8Array>, snapshot: Snapshot): void {
    const { key } = this.#series
    if (this.#snapshots.get(snapshot.boundary) === snapshot) return
    this.#snapshots.set(snapshot.boundary, snapshot)
    put.set(stateName(key.timeframe, snapshot.boundary), seal(encodeSnapshot(key, snapshot)))
  }

  /** Numbers of the chunks that have a bar at a moment or later. */
  *#chunksFrom(openTime: number): Generator<number> {
    const series = this.#series
    for (let position = series.positionFrom(openTime); position < series.length;) {
      const chunk = chunkOf(series, series.bar(position)?.openTime as number)
      this.#bars.add(chunk)
      yield chunk
      position = series.positionFrom((chunk + 1) * chunkMs(series))
    }
  }

  #chunkBytes(chunk: number): Uint8Array {
    const series = this.#series
    const ms = chunkMs(series)
    const bars = series.slice(series.positionFrom(chunk * ms), series.positionFrom((chunk + 1) * ms))
    return seal(encodeRecord({ kind: 'bars', key: series.key, settings: series.settings, bars }))
  }
}

const barsName = (timeframe: Timeframe, chunk: number): string => `${timeframe}/bars/${chunk}`
const stateName = (timeframe: Timeframe, boundary: number): string => `${timeframe}/states/${boundary}`

type Part = { readonly number: number; readonly bytes: Buffer | undefined }

/** Parts of a timeframe by kind, in their order; damaged ones have no bytes. */
function partsOf(state: ReadonlyMap<string, Uint8Array>, prefix: string): Part[] {
  const own = [...state].filter(([name]) => name.startsWith(prefix))
  return own.map(([name, bytes]) => ({ number: Number(name.slice(prefix.length)), bytes: unseal(bytes) })).toSorted((a, b) => a.number - b.number)
}

/** The series of one timeframe; undefined when what it cannot do without is damaged. Bars up to a damaged part are left out, and states that rest on them. */
function readTimeframe(key: SeriesKey, state: ReadonlyMap<string, Uint8Array>, calendars: Calendars): SeriesState | undefined {
  const past = state.get(`${key.timeframe}/past`)
  const head = past && unseal(past)
  const chunks = partsOf(state, `${key.timeframe}/bars/`)
  const intact = chunks.slice(chunks.findLastIndex(({ bytes }) => bytes === undefined) + 1)
  if (head === undefined || intact.length === 0) return undefined
  const { settings, origin, trimmed } = JSON.parse(head.toString()) as Past
  const series = new Series(key, settings, calendars)
  for (const { bytes } of intact) for (const bar of decodeRecord(bytes as Buffer).bars) series.apply(bar)
  const isCut = intact.length < chunks.length
  series.restore({ origin, trimmed: isCut ? Math.max(1, trimmed) : trimmed, rewriteCount: 0 })
  const from = (intact[0] as Part).number * chunkMs(series)
  const states = partsOf(state, `${key.timeframe}/states/`).filter(({ number, bytes }) => bytes !== undefined && number >= from)
  const decoded = states.map(({ bytes }) => decodeSnapshot(bytes as Buffer)).flatMap((record) => ('snapshot' in record ? [record.snapshot] : []))
  // The series begins anew to count what is rewritten.
  return { series, snapshots: decoded.map((snapshot) => ({ ...snapshot, rewrites: 0 })) }
}

/** Every series of a symbol that another replica published, and how many entries were damaged. */
export function readSymbolState(
  symbol: string,
  state: ReadonlyMap<string, Uint8Array>,
  calendars: Calendars,
): { readonly series: readonly SeriesState[]; readonly damaged: number } {
  const frames = new Set([...state.keys()].map((name) => name.slice(0, name.indexOf('/')) as Timeframe))
  const series = [...frames].map((timeframe) => readTimeframe({ symbol, timeframe }, state, calendars)).filter((one) => one !== undefined)
  return { series, damaged: [...state.values()].filter((bytes) => unseal(bytes) === undefined).length }
}
