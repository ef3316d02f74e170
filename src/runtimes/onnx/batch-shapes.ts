type Floats = Float32Array | Float64Array

/** Computes the first `count` rows of a matrix together: `count` output rows of one width. */
export type RunRows = (rows: Float64Array, count: number) => Promise<Floats>

/** A batch size at which a graph may be run, and the least ms that one run of it took. */
export type BatchShape = { readonly rows: number; readonly ms: number }

/** How probing is bounded and measured; `isWhole` tells which values of a row must be whole numbers, `oneSize` that a single batch size is wanted. */
export type ProbeDeps = {
  readonly rowLength: number
  readonly isWhole: (at: number) => boolean
  readonly budgetMs: number
  readonly monotonic: () => number
  readonly oneSize: boolean
}

/** What one batch size answered. `outputs` is undefined when the graph fails at it, or when a row's output depends on its place or its neighbours. */
type Seen = BatchShape & { readonly outputs: Floats | undefined }

// Beyond this a row gets no cheaper: what a run costs by itself is spread thin, and the working set leaves the caches.
const mostRows = 64
const grains = [1, 2, 4, 8] as const
/** Sizes in the order in which they are looked at. The largest makes rows cheap, and at two a row mostly has the bits of many: those, and one between, are worth more time than is usual. */
const inOrder = [mostRows, 2, 8, 16, 4, 32, 1] as const
const [worthMore, timesAsMuch] = [3, 2.5]
/** How often a run is timed before anything is proven. */
const tries = 3
/** The longest that a run of many rows may take in place of one of a single row, where all runs are of one size: a quarter more, or a quarter of a millisecond. */
const mostInPlaceOf = (singleMs: number): number => Math.max(1.25 * singleMs, singleMs + 0.25)

/** Repeatable values within ±0.2, ±2 and ±20 by turns, since a saturated output shows no last bits; whole ones are 0 and 1, which most tables of categories hold. */
function probeRows({ rowLength, isWhole }: ProbeDeps): Float64Array {
  return new Float64Array(mostRows * rowLength).map((_, at) => {
    const noise = Math.sin(at + 1) * 43_758.5453
    const centred = noise - Math.floor(noise) - 0.5
    if (isWhole(at % rowLength)) return centred > 0 ? 1 : 0
    const scale = 10 ** ((Math.floor(at / rowLength) % 3) - 1)
    return centred * 4 * scale
  })
}

/** Rows in the opposite order: done twice, they are as they were. */
function reversed<Rows extends Floats>(rows: Rows, width: number): Rows {
  const turned = rows.slice() as Rows
  const count = rows.length / width
  for (let row = 0; row < count; row += 1) turned.set(rows.subarray(row * width, (row + 1) * width), (count - 1 - row) * width)
  return turned
}

const sameBits = (a: Floats, b: Floats): boolean => a.length === b.length && a.every((value, at) => Object.is(value, b[at]))

/** All `count` rows, `size` at a time. */
async function runInSteps(
  run: RunRows,
  rows: Float64Array,
  { size, count, rowLength, monotonic }: ProbeDeps & { readonly size: number; readonly count: number },
) {
  const parts: Floats[] = []
  let ms = Infinity
  for (let row = 0; row < count; row += size) {
    const before = monotonic()
    parts.push(await run(rows.subarray(row * rowLength, (row + size) * rowLength), size))
    ms = Math.min(ms, monotonic() - before)
  }
  return { outputs: joined(parts), ms }
}

/** Parts one after the other. */
export function joined(parts: readonly Floats[]): Floats {
  const [first] = parts
  if (!first || parts.length === 1) return first ?? new Float32Array(0)
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const whole = first instanceof Float64Array ? new Float64Array(length) : new Float32Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

async function see(run: RunRows, probes: Float64Array, at: ProbeDeps & { readonly size: number; readonly count: number }): Promise<Seen> {
  const rows = probes.subarray(0, at.count * at.rowLength)
  try {
    const there = await runInSteps(run, rows, at)
    const back = await runInSteps(run, reversed(rows, at.rowLength), at)
    const isAlike = sameBits(there.outputs, reversed(back.outputs, back.outputs.length / at.count))
    return { rows: at.size, ms: Math.min(there.ms, back.ms), outputs: isAlike ? there.outputs : undefined }
  } catch {
    return { rows: at.size, ms: Infinity, outputs: undefined }
  }
}

/** The longest run of sizes from `grain` on that answer alike. */
function alikeFrom(grain: number, seen: readonly Seen[]): readonly Seen[] {
  const at = seen.findIndex(({ rows }) => rows === grain)
  const outputs = seen[at]?.outputs
  if (outputs === undefined) return []
  const from = seen.slice(at)
  const end = from.findIndex((each) => each.outputs === undefined || !sameBits(each.outputs, outputs))
  return end < 0 ? from : from.slice(0, end)
}

/** The least ms of a run of the first `count` probe rows; Infinity where the graph fails at it. A graph is slow only if it is so every time: on a busy machine any run may be. */
async function leastMs(run: RunRows, probes: Float64Array, { count, rowLength, budgetMs, monotonic }: ProbeDeps & { readonly count: number }): Promise<number> {
  let least = Infinity
  let spent = 0
  for (let time = 0; time < tries && spent < budgetMs / 2; time += 1) {
    const before = monotonic()
    const isDone = await run(probes.subarray(0, count * rowLength), count).then(
      () => true,
      () => false,
    )
    if (!isDone) return Infinity
    const took = monotonic() - before
    least = Math.min(least, took)
    spent += took
  }
  return least
}

/**
 * What sizes answer for all probe rows, ascending. One for which too little time is left is left out: the smaller it is the more runs it takes, and fewer rows would be no evidence. Time is reckoned by the least that runs took,
 * and before that by a straight line from a run of one row to one of the most.
 */
async function seeSizes(run: RunRows, probes: Float64Array, deps: ProbeDeps & { readonly singleMs: number }): Promise<readonly Seen[]> {
  const { singleMs, budgetMs } = deps
  if (mostRows * singleMs > budgetMs) return []
  const most = Math.min(await leastMs(run, probes, { ...deps, count: mostRows }), mostRows * singleMs)
  const seen: Seen[] = []
  let spentMs = tries * most
  for (const [at, size] of inOrder.entries()) {
    const runs = (2 * mostRows) / size
    const expectedMs = singleMs + (Math.max(0, most - singleMs) * (size - 1)) / (mostRows - 1)
    if (spentMs + runs * expectedMs > budgetMs * (at < worthMore ? timesAsMuch : 1)) continue
    const one = await see(run, probes, { ...deps, size, count: mostRows })
    seen.push(one)
    spentMs += runs * (one.outputs === undefined ? expectedMs : one.ms)
  }
  return seen.toSorted((a, b) => a.rows - b.rows)
}

/** Whether filling a lone row up to the smallest size costs more than twice its time, or more than rows gain at the largest. */
function isDear([smallest, ...others]: readonly Seen[], singleMs: number): boolean {
  if (smallest === undefined) return false
  const largest = others.at(-1) ?? smallest
  const times = smallest.ms / singleMs
  return times > 2 || times * largest.ms > largest.rows * singleMs
}

/** The sizes that answer alike and reach farthest. */
function mostAlike(seen: readonly Seen[]): readonly Seen[] {
  let best: readonly Seen[] = []
  for (const grain of grains) {
    const shapes = alikeFrom(grain, seen)
    if ((shapes.at(-1)?.rows ?? 0) > (best.at(-1)?.rows ?? 1)) best = shapes
  }
  return best
}

/** What of them is used: none where they are dear to a lone row, and there was no time for smaller ones. */
function affordable(seen: readonly Seen[], singleMs: number): readonly Seen[] {
  const best = mostAlike(seen)
  const from = best[0]?.rows ?? 1
  const areSmallerSeen = inOrder.every((size) => size >= from || seen.some(({ rows }) => rows === size))
  return areSmallerSeen || !isDear(best, singleMs) ? best : []
}

/** The largest size that gives rows the same bits wherever they stand, and costs a lone row little. */
function onlySize(seen: readonly Seen[], singleMs: number): readonly Seen[] {
  const alike = seen.filter(({ outputs }) => outputs !== undefined)
  const most = mostInPlaceOf(Math.min(singleMs, ...alike.map(({ ms }) => ms)))
  return alike.filter(({ ms }) => ms <= most).slice(-1)
}

/**
 * The batch sizes, ascending powers of two, at which a graph answers every row with the same bits, wherever in the batch it stands: matrix products take other ways for one
 * row than for many. Proven on probe rows, in either order, in about `budgetMs`, and up to two and a half times as long where it takes that to prove the sizes that matter; a graph that is slow, fails or differs is left with single rows, `[1]`. A smallest size above
 * 1 means that fewer rows must be filled up to it. Where `oneSize` is wanted it is one: libraries for graphics cards choose for each size what to compute it with, and what they choose may agree on all probe rows and yet on not all others.
 */
export async function provenShapes(run: RunRows, deps: ProbeDeps): Promise<readonly BatchShape[]> {
  const probes = probeRows(deps)
  const ms = await leastMs(run, probes, { ...deps, count: 1 })
  const seen = await seeSizes(run, probes, { ...deps, singleMs: ms })
  const best = deps.oneSize ? onlySize(seen, ms) : affordable(seen, ms)
  return best.length === 0 ? [{ rows: 1, ms }] : best.map((each) => ({ rows: each.rows, ms: each.ms }))
}

/** Cuts a batch of any size into runs of the given sizes, at the least cost; the last run may be larger than what is left, to be filled up. Returns the size of the next run. */
export function planCuts(shapes: readonly BatchShape[]): (left: number) => number {
  const largest = shapes.at(-1)?.rows ?? 1
  const cost = [0]
  const size = [0]
  for (let left = 1; left <= largest; left += 1) {
    cost[left] = Infinity
    size[left] = largest
    for (const { rows, ms } of shapes) {
      const whole = ms + (cost[Math.max(0, left - rows)] as number)
      if (whole >= (cost[left] as number)) continue
      cost[left] = whole
      size[left] = rows
    }
  }
  return (left) => size[Math.min(left, largest)] as number
}
