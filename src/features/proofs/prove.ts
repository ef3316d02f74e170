import { ServingError } from '../../contracts/error.ts'
import { type Flow, flowFields } from '../../contracts/flow.ts'
import { type Timeframe, timeframes } from '../../contracts/timeframe.ts'
import { walkBars } from '../../market/bar-walk.ts'
import { madeUpFlow } from '../../market/flow/made-up-flow.ts'
import type { BarInput } from '../../market/check-bar.ts'
import type { BarField, Family, WarmUp } from '../catalog/family.ts'
import type { Kernel } from '../kernels/kernel.ts'
import { elsewhere } from './elsewhere.ts'

/**
 * What is proven of a feature: two folds give the same bits, also when the state moves to a new kernel halfway, at another time and with other chances; bars after a moment do not move its value;
 * nor do fields of a bar that are not among its inputs; values of a run that begins later agree once settled.
 */
export const claims = ['determinism', 'look-ahead', 'inputs', 'warm-up'] as const
/** One of `claims`. */
export type Claim = (typeof claims)[number]

/** A feature to be proven: its kernel, made anew at every call, and where it says that its values begin. */
export type ProofSubject = {
  readonly id: string
  readonly digest: string
  readonly timeframe: Timeframe
  readonly kernel: () => Kernel
  readonly output: number
  readonly warmUp: WarmUp
  /** The features that it rests on, each with the fields of a bar that it may read. */
  readonly restsOn: readonly { readonly family: Pick<Family, 'inputs'> }[]
}

type Tape = readonly (BarInput & { readonly partnerClose: number; readonly flow: Flow })[]

/** Runs that are longer are not made: a window of months is proven for its first bars, and not for its warm-up. */
const barsAtMost = 20_000
const barsPerSlice = 500
const beginsLater = 37
const tail = 64
const start = Date.UTC(2024, 0, 1)

/** Synthetic bars of a feature's timeframe, with a partner's closes and an order flow. */
export const tape = (seed: number, count: number, { timeframe }: ProofSubject): Tape => {
  const [own, partner] = [seed, seed + 1].map((each) => walkBars({ seed: each, count, from: start, barMs: timeframes[timeframe] }))
  return (own as BarInput[]).map((bar, i) => ({ ...bar, partnerClose: (partner as BarInput[])[i]?.close ?? bar.open, flow: madeUpFlow(bar) }))
}

/** The bars with the given fields only: the others are NaN. */
function masked(bars: Tape, seen: ReadonlySet<BarField>): Tape {
  const blank = (fields: readonly BarField[]) => Object.fromEntries(fields.filter((field) => !seen.has(field)).map((field) => [field, NaN]))
  const [ofBar, ofFlow] = [blank(['open', 'high', 'low', 'close', 'volume', 'partnerClose']), blank(flowFields)]
  return bars.map((bar) => ({ ...bar, ...ofBar, flow: { ...bar.flow, ...ofFlow } }))
}

/** The kernel over bars, yielding now and then so that others get their turn. After `move` bars another kernel takes over the state, at another time. */
export function* fold(subject: ProofSubject, bars: Tape, move = Infinity): Generator<void, Float64Array> {
  const barMs = timeframes[subject.timeframe]
  let kernel = subject.kernel()
  let state = new Float64Array(kernel.size)
  const [out, values] = [new Float64Array(kernel.outputs), new Float64Array(bars.length)]
  for (const [i, bar] of bars.entries()) {
    if (i === move) [kernel, state] = [subject.kernel(), state.slice()]
    const step = () => kernel.step(state, { ...bar, closeTime: bar.openTime + barMs, index: Math.floor(bar.openTime / barMs), run: i + 1 }, out)
    if (i < move) step()
    else elsewhere(step)
    values[i] = out[subject.output] as number
    if (i % barsPerSlice === barsPerSlice - 1) yield
  }
  return values
}

function refuse({ id }: ProofSubject, claim: Claim, why: string): never {
  throw new ServingError('feature_contract_mismatch', `${id} fails the proof of ${claim}: ${why}`)
}

/** First position up to `end` at which the bits of two runs differ; -1 if none does. */
function differsAt(a: Float64Array, b: Float64Array, end = a.length): number {
  for (let i = 0; i < end; i++) if (!Object.is(a[i], b[i])) return i
  return -1
}

/** First settled position at which a run that began later lies further from the longer one than the seed's weight allows; -1 if none does. */
function unsettledAt(long: Float64Array, late: Float64Array, { bars, settled }: { readonly bars: Tape; readonly settled: number }): number {
  for (let i = settled - 1; i < late.length; i++) {
    const [a, b] = [long[i + beginsLater] as number, late[i] as number]
    const allowed = 1e-9 * Math.max(100, bars[i + beginsLater]?.close ?? 0, Math.abs(a))
    if (!Object.is(a, b) && !(Math.abs(a - b) <= allowed)) return i
  }
  return -1
}

/**
 * Proves a feature on synthetic bars; yields between slices of work and returns what is proven: everything, but not the warm-up of a feature that needs more than 20,000 bars.
 * Throws `feature_contract_mismatch` with the claim that does not hold.
 */
export function* proveFeature(subject: ProofSubject): Generator<void, readonly Claim[]> {
  const { settled } = subject.warmUp
  const wanted = beginsLater + settled + tail
  const bars = tape(11, Math.min(wanted, barsAtMost), subject)
  const end = bars.length - tail / 2
  const first = yield* fold(subject, bars)
  const second = yield* fold(subject, bars)
  const moved = yield* fold(subject, bars, bars.length >> 1)
  const unlike = differsAt(second, moved)
  if (unlike >= 0)
    refuse(
      subject,
      'determinism',
      `bar ${unlike + 1} gives ${second[unlike]} and ${moved[unlike]}; all that it remembers must be in its state, and the bars alone say what time it is`,
    )
  yield* fold(subject, [...bars.slice(0, end), ...tape(23, bars.length, subject).slice(end)])
  const after = yield* fold(subject, bars)
  const ahead = differsAt(after, second, end)
  if (ahead >= 0) refuse(subject, 'look-ahead', `its value at bar ${ahead + 1} moves with bars that come later (${second[ahead]}, ${after[ahead]})`)
  const blind = yield* fold(subject, masked(bars, new Set(subject.restsOn.flatMap(({ family }) => family.inputs))))
  const unnamed = differsAt(blind, second)
  if (unnamed >= 0) refuse(subject, 'inputs', `bar ${unnamed + 1} gives ${second[unnamed]}, and ${blind[unnamed]} when it sees only its inputs`)
  const other = differsAt(first, second)
  if (other >= 0) refuse(subject, 'determinism', `bar ${other + 1} gives ${first[other]} and ${second[other]}`)
  if (bars.length < wanted) return ['determinism', 'look-ahead', 'inputs']
  const late = yield* fold(subject, bars.slice(beginsLater))
  const unsettled = unsettledAt(second, late, { bars, settled })
  const [long, short] = [second[unsettled + beginsLater], late[unsettled]]
  if (unsettled >= 0)
    refuse(
      subject,
      'warm-up',
      `after ${unsettled + 1} bars a run that began later has ${short} instead of ${long}; it says that it is settled after ${settled}`,
    )
  return claims
}
