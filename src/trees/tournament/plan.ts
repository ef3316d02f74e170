import { isCategorical, largestTree, sendsMissingRight, wordsInSet, type Ensemble } from '../ensemble.ts'
import type { ForestSource } from '../forest-source.ts'
import { kernelBudget } from '../kernel/kernel-budget.ts'
import type { Quantised } from '../quantise.ts'
import type { Search } from './binning.ts'
import { blockRows } from './block.ts'
import { bucketsOf, type Buckets } from './buckets.ts'
import { scheduleOf, type Schedule } from './schedule.ts'

/**
 * A column as one kind of match reads it. Signed bytes, the challenger wins where the byte is above the match's: `isLeft` holds complements, for challengers on the left;
 * `missingRight` holds all one less, so that a missing value's 0 wraps to the top and goes right.
 */
export type View = { readonly column: number; readonly isLeft: boolean; readonly missingRight: boolean }

/** A categorical feature and how many chunks of 128 codes its largest set needs. */
export type CategoricalFeature = { readonly feature: number; readonly chunks: number }

/** A model cut for many rows at once. */
export type TournamentPlan = {
  readonly quantised: Quantised
  readonly buckets: readonly Buckets[]
  /** Columns by the function that bins them. */
  readonly searches: readonly (Search & { readonly columns: readonly number[] })[]
  /** Those of one column follow each other. */
  readonly views: readonly View[]
  readonly categorical: readonly CategoricalFeature[]
  readonly schedule: Schedule
  readonly leaves: number
}

/** Categories that one vector of a set's bits covers. */
export const chunkCodes = 128
/** Codes before the first category: 0 = unknown, 1 = NaN. */
export const firstCategory = 2

/** A leaf's number is a byte. */
const maxLeaves = 256
/** 8192 codes; beyond them the bytes of one feature would cost more than the trees. */
const maxChunks = 64
/** 512 KB of bytes that the matches read. */
const maxViews = 4096

/** A number for each possible view; those of one column follow each other. */
export function viewKey({ column, isLeft, missingRight }: View): number {
  return column * 4 + (isLeft ? 2 : 0) + (missingRight ? 1 : 0)
}

/** The view that a match on a numeric node reads. */
export function viewOf(
  { flags }: Pick<Ensemble, 'flags'>,
  { nodeColumn }: Quantised,
  { node, isLeft }: { readonly node: number; readonly isLeft: boolean },
): View {
  return { column: nodeColumn[node]!, isLeft, missingRight: sendsMissingRight(flags[node]!) }
}

/** Chunks of codes that a categorical node's set needs. */
export function chunksOf(ensemble: Ensemble, node: number): number {
  return Math.ceil((firstCategory + wordsInSet(ensemble, node) * 32) / chunkCodes)
}

function categoricalFeatures(ensemble: Ensemble): CategoricalFeature[] {
  const most = new Map<number, number>()
  for (const node of ensemble.flags.keys())
    if (isCategorical(ensemble, node)) most.set(ensemble.feature[node]!, Math.max(most.get(ensemble.feature[node]!) ?? 0, chunksOf(ensemble, node)))
  return Array.from(most, ([feature, chunks]) => ({ feature, chunks }))
}

function viewsOf(ensemble: Ensemble, quantised: Quantised, { groups }: Schedule): View[] {
  const views = new Map<number, View>()
  for (const group of groups)
    group.visit({
      match(node, isLeft) {
        if (isCategorical(ensemble, node)) return
        const view = viewOf(ensemble, quantised, { node, isLeft })
        views.set(viewKey(view), view)
      },
    })
  return [...views.values()].sort((a, b) => viewKey(a) - viewKey(b))
}

/** Columns of one function by feature, so that rows' values next to each other are read together. */
function searchesOf({ columns }: Quantised, buckets: readonly Buckets[]): TournamentPlan['searches'] {
  const searches = new Map<string, Search & { columns: number[] }>()
  const order = [...columns.keys()].sort((a, b) => columns[a]!.feature - columns[b]!.feature)
  for (const column of order) {
    const search = { missing: columns[column]!.missing, steps: buckets[column]!.steps }
    const key = `${search.missing} ${search.steps}`
    const known = searches.get(key) ?? { ...search, columns: [] }
    searches.set(key, known)
    known.columns.push(column)
  }
  return [...searches.values()]
}

/** What bounds a kernel's memory: it comes on top of that of the kernel for single rows. */
export const tournamentLimits = { mebibytes: 64, timesEnsemble: 4 } as const

/** Bytes of leaves with several values, beyond which rows one by one are faster: then adding a leaf's values up takes longer than finding it, and the sums of a block leave the caches no place for leaves. Measured: docs/adr/0007. */
const mostSharedLeafBytes = 3 << 20

const isSlower = ({ trees, leafWidth }: Ensemble, leaves: number): boolean => leafWidth > 1 && 8 * trees * leaves * leafWidth > mostSharedLeafBytes

/** Bytes of a block's rows and sums and of the leaves, of which every tree has as many as the largest. */
function leastBytes({ inputs, outputs, trees, leafWidth }: Ensemble, leaves: number): number {
  return 8 * (blockRows * (inputs + outputs) + trees * leaves * leafWidth)
}

/** The plan of an ensemble, or undefined if it does not fit: linear leaves, too many leaves, categories or columns, more memory than its size allows; or if rows one by one are faster. */
export function planTournament(source: ForestSource): TournamentPlan | undefined {
  const { ensemble } = source
  const leaves = largestTree(ensemble)
  if (
    ensemble.linear !== undefined ||
    leaves > maxLeaves ||
    isSlower(ensemble, leaves) ||
    leastBytes(ensemble, leaves) > kernelBudget(ensemble, tournamentLimits)
  )
    return undefined
  const categorical = categoricalFeatures(ensemble)
  if (categorical.some(({ chunks }) => chunks > maxChunks)) return undefined
  const quantised = source.quantised()
  const schedule = scheduleOf(ensemble, leaves)
  const views = viewsOf(ensemble, quantised, schedule)
  if (views.length > maxViews) return undefined
  const buckets = quantised.columns.map(({ thresholds }) => bucketsOf(thresholds))
  return { quantised, buckets, searches: searchesOf(quantised, buckets), views, categorical, schedule, leaves }
}
