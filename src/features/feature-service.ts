import { ServingError } from '../contracts/error.ts'
import type { FeatureReads, FeatureSet, FeatureSetSpec, FeatureStatus, FeatureVector } from '../contracts/features.ts'
import type { Counter, Meter } from '../contracts/meter.ts'
import type { FeatureCertificate } from '../contracts/market.ts'
import type { Lineage, LineageWish } from '../contracts/lineage.ts'
import type { Clock } from '../contracts/ports.ts'
import { nearestNames } from '../contracts/nearest-names.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import type { SeriesChange, SeriesStore } from '../market/series-store.ts'
import type { Catalogue } from './catalog/family.ts'
import { AbsenceMeter } from './absence-meter.ts'
import { absent, beforeBars } from './absent-vector.ts'
import { type CatalogueEntry, catalogueEntries } from './catalogue.ts'
import { type DeclaredSet, declareSet } from './declared-set.ts'
import { DeclaredSets } from './declared-sets.ts'
import type { Definition } from './definition.ts'
import { describeVector, type FeatureDescription } from './feature-description.ts'
import { FreshnessMeter } from './freshness-meter.ts'
import type { ParitySentinel } from './parity-sentinel.ts'
import type { FeatureProofs } from './proofs/feature-proofs.ts'
import type { Read, RemoteVectors } from './remote-vectors.ts'
import { traceLineage } from './lineage.ts'
import type { SeriesFold } from './series-fold.ts'
import { type FoldStates, type Frame, SymbolFolds } from './symbol-folds.ts'
import { type Binding, bind, originOf, readRows } from './vector-reading.ts'

/** What the service needs. `historyRows` (default 4,096) is how many rows of every feature stay readable without recomputation; `states` keeps snapshots across restarts; without `proofs` nothing is proven, without `sentinel` nothing is computed twice. */
export type FeatureServiceDeps = {
  readonly series: Pick<SeriesStore, 'find' | 'derive' | 'onClose' | 'quarantineReason'>
  readonly clock: Clock
  readonly meter: Meter
  readonly states?: FoldStates
  readonly proofs?: Pick<FeatureProofs, 'prove' | 'certificate'>
  readonly historyRows?: number
  readonly sentinel?: Pick<ParitySentinel, 'offer'>
  /** What ids refer to; our own catalogue unless another is given. */
  readonly catalogue?: Catalogue
  readonly remote?: RemoteVectors
}

const defaultHistoryRows = 4_096

/** Features of every declared set, kept up to date at each bar close and readable as of any moment. */
export class FeatureService implements FeatureReads {
  readonly #deps: FeatureServiceDeps
  readonly #folds: SymbolFolds
  readonly #sets = new DeclaredSets()
  readonly #hits: Counter
  readonly #misses: Counter
  readonly #absences: AbsenceMeter
  readonly #freshness: FreshnessMeter
  readonly #stop: () => void
  constructor(deps: FeatureServiceDeps) {
    const { series, meter, clock, states } = deps
    const rows = 2 ** Math.ceil(Math.log2(deps.historyRows ?? defaultHistoryRows))
    const reads = (result: string) => meter.counter('feature_vector_reads_total', { result })
    this.#deps = deps
    this.#folds = new SymbolFolds({
      find: (symbol, timeframe) => series.find(symbol, timeframe),
      rows,
      refused: (feature) => this.#absences.refused(feature),
      ...(states ? { states } : {}),
    })
    this.#hits = reads('hit')
    this.#misses = reads('miss')
    this.#absences = new AbsenceMeter(meter)
    this.#freshness = new FreshnessMeter(meter, clock)
    this.#stop = series.onClose((change) => this.#onClose(change))
  }

  /** Stops following the series. */
  close(): void {
    this.#stop()
  }

  declare(spec: FeatureSetSpec): FeatureSet {
    const { declared, isNew } = this.#sets.declare(spec, this.#deps.catalogue)
    const others = isNew ? declared.definitions.filter(({ timeframe }) => timeframe !== spec.timeframe && !spec.gaps) : []
    for (const { timeframe } of others) this.#deps.series.derive(spec.timeframe, timeframe)
    if (isNew) this.#deps.remote?.include(declared)
    return declared.set
  }

  async prove(set: FeatureSet): Promise<void> {
    try {
      await this.#deps.proofs?.prove(this.#sets.of(set).definitions)
    } catch (error) {
      this.#sets.forget(set)
      throw error
    }
  }

  /** What was proven of the features of a set, in their order; those that are not proven are left out. */
  certificates(set: FeatureSet): (FeatureCertificate & { readonly feature: string })[] {
    return this.#sets.of(set).definitions.flatMap(({ id, digest }) => {
      const certificate = this.#deps.proofs?.certificate(digest)
      return certificate ? [{ feature: id, ...certificate }] : []
    })
  }

  /** Sets that are kept up to date for a symbol, with where their columns lie. */
  *bindings(symbol: string): Generator<{ readonly declared: DeclaredSet; readonly binding: Binding }> {
    for (const declared of this.#sets) {
      const binding = declared.wants(symbol) || declared.bindings.has(symbol) ? (declared.bindings.get(symbol) ?? this.#bind(declared, symbol)) : undefined
      if (binding) yield { declared, binding }
    }
  }

  /** Other symbols whose vectors rest on the bars of this one. */
  dependents(symbol: string): ReadonlySet<string> {
    const resting = [...this.#sets].filter(({ definitions }) => definitions.some(({ partner }) => partner === symbol))
    return new Set(resting.flatMap(({ bindings }) => [...bindings.keys()]).filter((other) => other !== symbol))
  }

  /** Forgets what was computed from series that are replaced: it is computed again from the new ones. */
  forget(symbol: string): void {
    for (const { bindings, definitions } of this.#sets)
      if (definitions.some(({ partner }) => partner === symbol)) bindings.clear()
      else bindings.delete(symbol)
    this.#folds.forget(symbol)
  }

  /** The sets that were declared, oldest first. */
  sets(): FeatureSet[] {
    return [...this.#sets].map(({ set }) => set)
  }

  /** Every family of features with its parameters, warm-up and range, as GET /features shows it. */
  catalogue(): CatalogueEntry[] {
    return catalogueEntries(this.#deps.catalogue)
  }

  /** The newest row of a vector with its names: what GET /features/{symbol} shows of one set. */
  describe(set: FeatureSet, symbol: string, asOf?: number): FeatureDescription[] {
    return describeVector(this.#sets.of(set).definitions, this.vector(set, symbol, asOf))
  }

  fetch(symbol: string): Promise<void> | undefined {
    return this.#deps.remote?.fetch(symbol)
  }

  now(symbol: string, timeframe: Timeframe): Pick<FeatureVector, 'asOf' | 'clock'> {
    const series = this.#deps.series.find(symbol, timeframe)
    const isReplay = series?.settings.clock === 'replay' && series.last !== undefined
    return isReplay ? { asOf: series.last.closeTime, clock: 'replay' } : { asOf: this.#deps.clock.now(), clock: 'live' }
  }

  vector(set: FeatureSet, symbol: string, asOf: number | undefined): FeatureVector {
    const declared = this.#sets.of(set)
    const { vector, hit } = this.#deps.remote?.read(declared, symbol, asOf) ?? this.#vectorOf(declared, symbol, asOf)
    ;(hit ? this.#hits : this.#misses).add()
    this.#absences.observe(declared.definitions, vector)
    return vector
  }

  /** Where one value of a set comes from, down to the bars. Throws `unknown_feature` for a feature that is not in the set. */
  lineage(set: FeatureSet, symbol: string, { feature, asOf, bars, since }: LineageWish): Lineage {
    this.#deps.remote?.refuse(symbol, 'the lineage of its values')
    const column = set.columnOf.get(feature)
    const nearest = nearestNames(feature, set.columnOf.keys())
    if (column === undefined)
      throw new ServingError('unknown_feature', `The set has no feature ${JSON.stringify(feature.slice(0, 100))}; nearest: ${nearest.join(', ') || 'none'}`)
    const { labels: _names, ranges, ...spec } = set.spec
    const alone = declareSet({ ...spec, features: [set.ids[column] as string], ...(ranges && { ranges: [ranges[column]] }) }, this.#deps.catalogue)
    const { vector } = this.#vectorOf(alone, symbol, asOf)
    const [definition] = alone.definitions as [Definition]
    const seriesOf = (of: string, frame: Frame) => this.#folds.seriesOf(of, frame)
    return traceLineage({ symbol, definition, vector, setDigest: set.digest, wish: { bars, since }, seriesOf })
  }

  #vectorOf(declared: DeclaredSet, symbol: string, asOf: number | undefined): Read {
    const known = declared.bindings.get(symbol)
    const binding = known ?? this.#bind(declared, symbol)
    if (!binding) return { vector: absent(declared, 'missing', { asOf: asOf ?? this.#deps.clock.now(), clock: 'live' }), hit: true }
    const base = binding.frames[0] as SeriesFold
    const moment = asOf ?? (base.series.settings.clock === 'live' ? this.#deps.clock.now() : base.closeTime(base.rows - 1))
    const row = base.receivedRowAt(moment)
    if (this.#isBeyond(base, row - declared.set.spec.window + 1)) return { vector: this.#recall(declared, base, { symbol, moment }), hit: false }
    return { vector: this.#read(declared, binding, { row, moment }), hit: known !== undefined }
  }

  /** True if rows from `oldest` on are wanted, are readable no longer, and the series still has their bars. */
  #isBeyond(base: SeriesFold, oldest: number): boolean {
    return oldest < base.firstRow && (base.series.first?.closeTime ?? Infinity) < base.closeTime(base.firstRow)
  }

  #read(declared: DeclaredSet, binding: Binding, { row, moment }: { readonly row: number; readonly moment: number }): FeatureVector {
    const base = binding.frames[0] as SeriesFold
    const at = { asOf: moment, clock: base.series.settings.clock }
    if (row < 0) return beforeBars(declared, base.series, moment)
    const barCloseTime = base.closeTime(row)
    if (moment - barCloseTime > declared.maxAgeMs && moment - base.series.periods.nextOpen(barCloseTime) > declared.maxAgeMs) {
      const { status, reason } = this.#whyOld(base, row, moment)
      return absent(declared, status, { ...at, barCloseTime, ...(reason === undefined ? {} : { reason }) })
    }
    const reading = readRows(binding, { newest: row, window: declared.set.spec.window }, declared.allOk)
    const origin = originOf(binding, row)
    const vector = { ...reading, asOf: moment, clock: at.clock, barCloseTime }
    if (origin === undefined || !reading.complete) return origin === undefined ? vector : { ...vector, origin }
    const { values, statuses, complete } = reading
    return { values, statuses, complete, asOf: moment, clock: at.clock, barCloseTime, origin }
  }

  /** The bar of the moment was refused, will never come (a later one is there), or has not come yet. */
  #whyOld(base: SeriesFold, row: number, moment: number): { readonly status: FeatureStatus; readonly reason?: string } {
    const { series } = base
    const newestOpen = series.periods.back(moment - series.barMs + 1, 1)
    const reason = this.#deps.series.quarantineReason(series.key, newestOpen)
    if (reason !== undefined) return { status: 'quarantined', reason }
    return { status: series.periods.known && (series.last?.closeTime ?? 0) > base.closeTime(row) ? 'missing' : 'stale' }
  }

  /** A read of rows that are readable no longer: folds their bars again, from the snapshot before them. */
  #recall(declared: DeclaredSet, base: SeriesFold, { symbol, moment }: { readonly symbol: string; readonly moment: number }): FeatureVector {
    const { window, gaps } = declared.set.spec
    const past = this.#folds.recall(symbol, declared.frame, { asOf: moment, window: window + (gaps?.flat ?? 0) })
    const row = past?.receivedRowAt(moment) ?? -1
    if (!past || row < 0) return beforeBars(declared, base.series, moment)
    const asOf = past.closeTime(row)
    const span = asOf - past.closeTime(Math.max(past.firstRow, row - window + 1))
    const binding = bind(declared.definitions, past, (frame) =>
      this.#folds.recall(symbol, frame, { asOf, window: 2 + Math.ceil(span / timeframes[frame.timeframe]) }),
    )
    return this.#read(declared, binding, { row, moment })
  }

  #bind(declared: DeclaredSet, symbol: string): Binding | undefined {
    const { definitions, frame, bindings } = declared
    const fold = (frame: Frame) => this.#folds.require(symbol, frame, definitions)
    const base = fold(frame)
    if (!base) return undefined
    const binding = bind(definitions, base, fold)
    if (binding.whole) bindings.set(symbol, binding)
    return binding
  }

  #onClose(change: SeriesChange): void {
    const { series } = change
    this.#folds.changed(series)
    for (const declared of this.#sets) {
      const { bindings, definitions, wants } = declared
      const { symbol, timeframe } = series.key
      if (!bindings.has(symbol) && wants(symbol) && definitions.some((definition) => definition.timeframe === timeframe)) this.#bind(declared, symbol)
      const binding = timeframe === declared.set.spec.timeframe ? bindings.get(symbol) : undefined
      if (binding && change.appended.length > 0) this.#deps.sentinel?.offer({ symbol, definitions, binding })
    }
    this.#freshness.observe(change)
  }
}
