import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BatchShape, planCuts, provenShapes, type RunRows } from './batch-shapes.ts'

/** Sums pairs of columns; `wrongBy` may add to the sum of the row at a place in a batch of some size. */
const summing =
  (wrongBy: (place: number, size: number) => number = () => 0): RunRows =>
  async (rows, count) =>
    Float64Array.from({ length: count }, (_, row) => (rows[2 * row] as number) + (rows[2 * row + 1] as number) + wrongBy(row, count))

/** The sizes proven for a graph of which each run takes `runMs`. */
async function sizesOf(run: RunRows, runMs = 0.1, oneSize = false): Promise<readonly number[]> {
  let now = 0
  const timed: RunRows = (rows, count) => ((now += runMs), run(rows, count))
  const shapes = await provenShapes(timed, { rowLength: 2, isWhole: () => false, budgetMs: 1_000, monotonic: () => now, oneSize })
  return shapes.map(({ rows }) => rows)
}

const ulp = 2 ** -20

test('a graph whose rows are independent is run at every power of two', async () => {
  assert.deepEqual(await sizesOf(summing()), [1, 2, 4, 8, 16, 32, 64])
})

test('a graph that answers a single row otherwise is never run with a single row', async () => {
  assert.deepEqual(await sizesOf(summing((_, size) => (size === 1 ? ulp : 0))), [2, 4, 8, 16, 32, 64])
  assert.deepEqual(await sizesOf(summing((_, size) => (size < 4 ? ulp : 0))), [4, 8, 16, 32, 64])
})

test('a graph that answers large batches otherwise is run in small ones', async () => {
  assert.deepEqual(await sizesOf(summing((_, size) => (size > 16 ? ulp : 0))), [1, 2, 4, 8, 16])
})

test('a graph whose rows depend on their place is run row by row', async () => {
  assert.deepEqual(await sizesOf(summing((place) => place * ulp)), [1])
})

test('a graph whose rows depend on their neighbours is run row by row', async () => {
  const centred: RunRows = async (rows, count) => {
    const mean = [...rows].reduce((sum, value) => sum + value, 0) / rows.length
    return Float64Array.from({ length: count }, (_, row) => (rows[2 * row] as number) - mean)
  }
  assert.deepEqual(await sizesOf(centred), [1])
})

test('a graph that fails on several rows is run row by row, one that fails from some size on below it', async () => {
  const failing =
    (from: number): RunRows =>
    async (rows, count) => {
      if (count >= from) throw new Error('out of bounds')
      return summing()(rows, count)
    }
  assert.deepEqual(await sizesOf(failing(2)), [1])
  assert.deepEqual(await sizesOf(failing(1)), [1])
  assert.deepEqual(await sizesOf(failing(8)), [1, 2, 4])
})

/** The one size for a graph whose runs of a size take so long. */
async function onlySizeOf(msOf: (size: number) => number, run = summing()): Promise<readonly number[]> {
  let now = 0
  const timed: RunRows = (rows, count) => ((now += msOf(count)), run(rows, count))
  const shapes = await provenShapes(timed, { rowLength: 2, isWhole: () => false, budgetMs: 1_000, monotonic: () => now, oneSize: true })
  return shapes.map(({ rows }) => rows)
}

test('where one size is wanted it is the largest that costs a lone row at most a quarter more, or a quarter of a millisecond', async () => {
  assert.deepEqual(await onlySizeOf(() => 0.1), [64])
  assert.deepEqual(await onlySizeOf((size) => 2 + 0.02 * size), [16])
  assert.deepEqual(await onlySizeOf((size) => 0.1 * size), [2])
  assert.deepEqual(await onlySizeOf((size) => size), [1])
})

test('where one size is wanted it is one at which rows do not depend on their place, whatever others answer', async () => {
  const smallAlike = summing((place, size) => (size > 8 ? place * ulp : size * ulp))
  assert.deepEqual(await onlySizeOf(() => 0.1, smallAlike), [8])
  assert.deepEqual(
    await onlySizeOf(
      () => 0.1,
      summing((place) => place * ulp),
    ),
    [1],
  )
})

/** Sizes, and the ms that proving them took, of a graph whose runs of a size take so long, with a second for it. */
async function sizesWithin(msOf: (size: number) => number, run = summing()): Promise<{ readonly sizes: readonly number[]; readonly ms: number }> {
  let now = 0
  const timed: RunRows = (rows, count) => ((now += msOf(count)), run(rows, count))
  const shapes = await provenShapes(timed, { rowLength: 2, isWhole: () => false, budgetMs: 1_000, monotonic: () => now, oneSize: false })
  return { sizes: shapes.map(({ rows }) => rows), ms: now }
}

const sizesOfSlow = async (msOf: (size: number) => number, run?: RunRows) => (await sizesWithin(msOf, run)).sizes

test('a slow graph is probed at fewer sizes, and run row by row where that takes too long', async () => {
  assert.deepEqual(await sizesOfSlow(() => 3), [1, 2, 4, 8, 16, 32, 64])
  assert.deepEqual(await sizesOfSlow(() => 10), [2, 8, 16, 32, 64])
  assert.deepEqual(await sizesOfSlow(() => 15), [2, 8, 64])
  assert.deepEqual(await sizesOfSlow((size) => 5 * size), [1])
  assert.deepEqual(await sizesOfSlow(() => 100), [1])
})

test('a graph whose time grows with its rows is probed at two rows before the sizes between, so that a lone row is not filled up to many', async () => {
  assert.deepEqual(await sizesOfSlow((size) => 4 + 0.5 * size), [2, 4, 8, 16, 32, 64])
  assert.deepEqual(await sizesOfSlow((size) => 2 + size), [2, 8, 16, 64])
})

test('sizes that are dear to a lone row are taken where it has other bits at all smaller ones, not where there was no time for those', async () => {
  assert.deepEqual(await sizesOfSlow((size) => 10.5 + 4.5 * size), [1])
  const other = summing((_, size) => (size < 8 ? ulp : 0))
  assert.deepEqual(await sizesOfSlow((size) => 0.1 * size, other), [8, 16, 32, 64])
})

test('whatever a graph costs, proving it takes little more than two and a half times the time for it', async () => {
  const cost = fc.record({ call: fc.double({ min: 0.01, max: 200, noNaN: true }), row: fc.double({ min: 0, max: 50, noNaN: true }) })
  await fc.assert(
    fc.asyncProperty(cost, async ({ call, row }) => {
      const single = call + row
      assert.ok((await sizesWithin((size) => call + row * size)).ms <= 2_500 + 6 * single)
    }),
  )
})

test('however slow a graph is, one that differs in a row of eight is seen to differ', async () => {
  for (const ms of [0.1, 1, 3, 5, 10, 15])
    for (let eighth = 0; eighth < 8; eighth += 1) {
      const differing: RunRows = async (rows, count) =>
        (await summing()(rows, count)).map((sum, row) => sum + (count < 2 && Math.floor(Math.abs(rows[2 * row] as number) * 1e6) % 8 === eighth ? ulp : 0))
      const { sizes } = await sizesWithin(() => ms, differing)
      assert.ok((sizes[0] as number) > 1, `${ms} ms a run`)
    }
})

test('a graph that looks slow once, on a busy machine, is probed in full', async () => {
  let now = 0
  let runs = 0
  const interrupted: RunRows = (rows, count) => ((now += (runs += 1) <= 2 ? 100 : 0.1), summing()(rows, count))
  const shapes = await provenShapes(interrupted, { rowLength: 2, isWhole: () => false, budgetMs: 1_000, monotonic: () => now, oneSize: false })
  assert.equal(shapes.at(-1)?.rows, 64)
})

test('a graph whose every third run takes half a second longer, on a busy machine, is probed in full', async () => {
  let now = 0
  let runs = 0
  const stalled: RunRows = (rows, count) => ((now += (runs += 1) % 3 === 0 ? 500 : 0.1), summing()(rows, count))
  const shapes = await provenShapes(stalled, { rowLength: 2, isWhole: () => false, budgetMs: 1_000, monotonic: () => now, oneSize: false })
  assert.deepEqual(
    shapes.map(({ rows }) => rows),
    [1, 2, 4, 8, 16, 32, 64],
  )
})

test('whole numbers are probed as whole numbers', async () => {
  const seen = new Set<number>()
  const run: RunRows = async (rows, count) => Float64Array.from({ length: count }, (_, row) => (seen.add(rows[2 * row + 1] as number), rows[2 * row] as number))
  await provenShapes(run, { rowLength: 2, isWhole: (at) => at === 1, budgetMs: 1_000, monotonic: () => 0, oneSize: false })
  assert.deepEqual(seen, new Set([0, 1]))
})

test('cuts cover a batch with proven sizes, and cost at most what filling it up or cutting it greedily costs', () => {
  const cost = fc.double({ min: 0.01, max: 10, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.array(cost, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 300 }), (grain, costs, count) => {
      const shapes: BatchShape[] = costs.map((ms, at) => ({ rows: 2 ** (grain + at), ms }))
      const next = planCuts(shapes)
      const msOf = (size: number): number => shapes.find(({ rows }) => rows === size)?.ms ?? Number.NaN
      const largest = shapes.at(-1) as BatchShape
      let spent = 0
      for (let left = count; left > 0; left -= next(left)) spent += msOf(next(left))
      assert.ok(spent <= Math.ceil(count / largest.rows) * largest.ms + 1e-9, 'filled up')
      let greedy = 0
      for (let left = count; left > 0;) {
        const size = shapes.findLast(({ rows }) => rows <= left)?.rows ?? (shapes[0] as BatchShape).rows
        greedy += msOf(size)
        left -= size
      }
      assert.ok(spent <= greedy + 1e-9, 'greedy')
    }),
  )
})
