import { hash } from 'node:crypto'
import { ServingError } from '../contracts/error.ts'
import { isTimeframe, type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { anyNumber, type Catalogue, type Family, type WarmUp } from './catalog/family.ts'
import { families } from './catalog/index.ts'
import { expressionKernel, leafKernelKey, rangeOf, warmUpOf } from './expressions/compile.ts'
import { overlap, type Range, rangeText } from './expressions/ranges.ts'
import { refuseText } from './expressions/refuse-text.ts'
import { type Names, resolveExpression, usualLeaf } from './expressions/resolve.ts'
import { idOf, type Leaf, leavesOf, type Term } from './expressions/terms.ts'
import type { Kernel } from './kernels/kernel.ts'
import type { GapFill } from './symbol-folds.ts'

/** A feature of the catalogue that a definition rests on: itself, or what an expression names. */
export type RestsOn = Leaf & { readonly id: string; readonly warmUp: WarmUp; readonly digest: string }

/** One feature, resolved, of the catalogue or an expression over it: the series it is computed on, its kernel, and the digest of all that can move its value. */
export type Definition = {
  readonly id: string
  readonly timeframe: Timeframe
  /** The other symbol that it is computed with. */
  readonly partner: string | undefined
  /** How gaps of the series are filled; absent where they begin a new run. */
  readonly fill?: GapFill
  /** Name of the kernel with its version: equal keys share a kernel and may share states across restarts. */
  readonly kernelKey: string
  readonly kernel: () => Kernel
  /** Which output of the kernel it is. */
  readonly output: number
  readonly range: Range
  /** Ranges of all outputs of the kernel. */
  readonly outputRanges: readonly Range[]
  /** Bars of a run from which each output of the kernel is settled. */
  readonly outputSettled: readonly number[]
  readonly warmUp: WarmUp
  readonly restsOn: readonly RestsOn[]
  readonly digest: string
}

/** Raised by any change of operators and functions that can move a bit of a result. */
export const expressionsVersion = 1
/** Longest id. */
export const idAtMost = 200
const stateAtMost = 32_768

/** The id of a family with the usual parameters. */
export const usualId = (family: Family, timeframe: Timeframe): string => idOf(usualLeaf(family), timeframe)

type Resolved = { readonly id: string; readonly timeframe: Timeframe }

/** Families that share a kernel, by its outputs, each of which they alone know. */
function sharersOf({ family, params }: Leaf): (Family | undefined)[] {
  const { kernelKey, version } = family
  const sharers: (Family | undefined)[] = []
  // A module's family is not among them.
  for (const other of [...families, family]) if (other.version === version && other.kernelKey(params) === kernelKey(params)) sharers[other.output] = other
  return Array.from(sharers)
}

function catalogueDefinition(leaf: Leaf, { id, timeframe }: Resolved): Definition {
  const { family, partner, params } = leaf
  const { name, version, inputs, output, range } = family
  const warmUp = warmUpOf(leaf, timeframe)
  const digest = hash('sha256', JSON.stringify({ id, name, params, version, inputs, kernel: family.kernelKey(params), output, warmUp }))
  const kernelKey = leafKernelKey(leaf)
  const sharers = sharersOf(leaf)
  const outputRanges = sharers.map((sharer) => sharer?.range ?? anyNumber)
  const outputSettled = sharers.map((sharer) => sharer?.warmUp(params, timeframes[timeframe]).settled ?? Infinity)
  const restsOn = [{ ...leaf, id, warmUp, digest }]
  return { id, timeframe, partner, kernelKey, kernel: () => family.kernel(params), output, range, outputRanges, outputSettled, warmUp, restsOn, digest }
}

function expressionDefinition(term: Term, leaves: readonly Leaf[], { id, timeframe }: Resolved): Definition {
  const warmUp = warmUpOf(term, timeframe)
  const rests = leaves.map((leaf) => catalogueDefinition(leaf, { id: idOf(leaf, timeframe), timeframe }))
  const range = rangeOf(term)
  const content = { id, version: expressionsVersion, timeframe, warmUp, features: rests.map((leaf) => [leaf.id, leaf.digest]) }
  return {
    id,
    timeframe,
    partner: rests.find(({ partner }) => partner !== undefined)?.partner,
    kernelKey: `${id}#${expressionsVersion} of ${rests.map(({ kernelKey }) => kernelKey).join(' ')}`,
    kernel: () => expressionKernel(term, timeframe),
    output: 0,
    range,
    outputRanges: [range],
    outputSettled: [warmUp.settled],
    warmUp,
    restsOn: rests.flatMap(({ restsOn }) => restsOn),
    digest: hash('sha256', JSON.stringify(content)),
  }
}

/** Refuses what could be computed but should not be served. */
function checkExtent(text: string, { id, timeframe }: Resolved, { term, leaves }: { readonly term: Term; readonly leaves: readonly Leaf[] }): void {
  const refuse = (why: string): never => refuseText(text, { at: 0, end: idAtMost }, { why })
  if (id.length > idAtMost) refuse(`${id.length} characters when written out (${id.slice(0, 40)}…), ${idAtMost} are allowed`)
  if (leaves.length === 0) refuse('rests on no feature')
  const partners = new Set(leaves.map(({ partner }) => partner).filter((partner) => partner !== undefined))
  if (partners.size > 1) refuse(`rests on ${[...partners].join(' and ')}; one other symbol is allowed`)
  const size = term.kind === 'feature' ? 0 : expressionKernel(term, timeframe).size
  if (size > stateAtMost) refuse(`remembers ${size} numbers for every symbol, ${stateAtMost} are allowed`)
}

/** A feature as it was read: what it means, and whether its text named a timeframe. */
export type FeatureReading = { readonly definition: Definition; readonly term: Term; readonly frame: Timeframe | undefined }

const wantedFrame = `the timeframe must be written, one of ${Object.keys(timeframes).join(', ')}`

/** The timeframe at the end of a text, and where what it belongs to ends. */
function readFrame(text: string, usual: Timeframe): { readonly until: number; readonly frame: Timeframe | undefined } {
  const cut = text.lastIndexOf('@')
  if (cut < 0) return { until: text.length, frame: undefined }
  const frame = text.slice(cut + 1).trim()
  if (isTimeframe(frame)) return { until: cut, frame }
  return refuseText(text, { at: cut, end: text.length }, { why: wantedFrame, nearest: [`${text.slice(0, cut)}@${usual}`] })
}

/** What a text may refer to: named features, the catalogue (our own unless another is given), and the timeframe that it is on where it names none. */
export type FeatureContext = { readonly timeframe: Timeframe; readonly names: Names; readonly catalogue?: Catalogue | undefined }

/** Reads a feature as people write it: spaces and needless parentheses are allowed, `names` may be used. Throws `unknown_feature`. */
export function readFeature(text: string, { timeframe, names, catalogue }: FeatureContext): FeatureReading {
  const short = text.slice(0, 4 * idAtMost)
  if (short.length < text.length) refuseText(short, { at: 0, end: 0 }, { why: `${text.length} characters, too long` })
  const { until, frame } = readFrame(text, timeframe)
  const term = resolveExpression(text, { until, timeframe: frame ?? timeframe, names, catalogue })
  const leaves = leavesOf(term)
  const own = term.kind === 'feature' && !term.family.perTimeframe ? timeframe : (frame ?? timeframe)
  const resolved = { id: idOf(term, own), timeframe: own }
  checkExtent(text, resolved, { term, leaves })
  return { definition: term.kind === 'feature' ? catalogueDefinition(term, resolved) : expressionDefinition(term, leaves, resolved), term, frame }
}

/**
 * The definition behind a canonical id such as `rsi(14)@1m` or `zscore(rsi(14),96)@1m`; `timeframe` is the one of the set, for features that have none of their own. Throws
 * `unknown_feature` with a caret under what is wrong and the nearest names.
 */
export function defineFeature(id: string, timeframe: Timeframe, catalogue?: Catalogue): Definition {
  const { definition, frame } = readFeature(id, { timeframe, names: new Map(), catalogue })
  if (definition.id === id) return definition
  const why = frame === undefined && definition.id.includes('@') ? wantedFrame : 'not written canonically'
  return refuseText(id, { at: 0, end: id.length }, { why, nearest: [definition.id] })
}

/** A definition on a series whose gaps are filled, which is part of it. */
export const onFilled = (definition: Definition, fill: GapFill): Definition => ({
  ...definition,
  fill,
  digest: hash('sha256', JSON.stringify({ of: definition.digest, gaps: fill })),
})

/** A definition whose values must also lie in a narrower range, which is part of it: its kernel is its own. Throws `validation_failed` for a range that none of its values is in. */
export function withinRange(definition: Definition, asked: Range): Definition {
  const range = overlap(definition.range, asked)
  if (!range) throw new ServingError('validation_failed', `${definition.id} is ${rangeText(definition.range)}, never ${rangeText(asked)}`)
  return {
    ...definition,
    range,
    kernelKey: `${definition.kernelKey} in ${range.min},${range.max} at ${definition.output}`,
    outputRanges: definition.outputRanges.with(definition.output, range),
    digest: hash('sha256', JSON.stringify({ of: definition.digest, range: [range.min, range.max].map(String) })),
  }
}

/** Digest of an ordered list of definitions on a timeframe: equal digests mean that every value is computed in the same way. */
export const digestOfSet = (timeframe: Timeframe, definitions: readonly Definition[]): string =>
  hash('sha256', JSON.stringify({ timeframe, features: definitions.map(({ id, digest }) => [id, digest]) }))
