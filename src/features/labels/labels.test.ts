import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { anyPeriod, everyPeriod } from '../../calendars/periods.ts'
import type { Bar } from '../../contracts/bar.ts'
import { walkBars } from '../../market/bar-walk.ts'
import { toBar } from '../../market/check-bar.ts'
import { defineFeature } from '../definition.ts'
import { readSetFile } from '../set-file.ts'
import { labelColumns, labelNames, labelRows } from './label-columns.ts'
import { deviation, type Label, labelAt, type LabelBars, type LabelSpec } from './labels.ts'
import { uniqueness } from './uniqueness.ts'

const barMs = 60_000
const walk = (seed: number, count: number): Bar[] => walkBars({ seed, count, from: Date.UTC(2024, 0, 1), barMs }).map((input) => toBar(input, '1m', 0))
const seriesOf = (bars: readonly Bar[], continuous = true): LabelBars => ({ bars, periods: (continuous ? everyPeriod : anyPeriod)(barMs) })
const near = (a: number | undefined, b: number): void => assert.ok(a !== undefined && Math.abs(a - b) <= 1e-12, `${a} is not ${b}`)

const specs = fc.oneof(
  fc.record({
    kind: fc.constant('fixed-horizon' as const),
    steps: fc.integer({ min: 1, max: 12 }),
    cost: fc.double({ min: 0, max: 0.01, noNaN: true }),
    sigmas: fc.constantFrom(0, 0.5, 1),
    sigmaBars: fc.integer({ min: 2, max: 20 }),
  }),
  fc.record({
    kind: fc.constant('triple-barrier' as const),
    steps: fc.integer({ min: 1, max: 12 }),
    up: fc.constantFrom(0.3, 1, 3),
    down: fc.constantFrom(0.3, 1, 3),
    sigmaBars: fc.integer({ min: 2, max: 20 }),
  }),
  fc.record({
    kind: fc.constant('cost-aware' as const),
    steps: fc.integer({ min: 1, max: 12 }),
    cost: fc.double({ min: 0, max: 0.01, noNaN: true }),
    funding: fc.double({ min: -0.005, max: 0.005, noNaN: true }),
  }),
)
/** A walk with some bars taken out. */
const holed = fc
  .tuple(fc.integer({ min: 1, max: 1e6 }), fc.array(fc.integer({ min: 0, max: 89 }), { maxLength: 3 }))
  .map(([seed, holes]) => walk(seed, 90).filter((_, i) => !holes.includes(i)))

type Expected = (Omit<Label, 'end'> & { readonly landing: number }) | undefined
type Known = { readonly entry: number; readonly path: readonly Bar[]; readonly sigma: number | undefined; readonly r: number; readonly landing: number }

function naiveBarrier({ up, down }: { up: number; down: number }, { entry, path, sigma, r, landing }: Known): Expected {
  if (!sigma) return undefined
  const [upper, lower] = [entry * (1 + up * sigma), entry * (1 - down * sigma)]
  const touched = path.find(({ high, low }) => high >= upper || low <= lower)
  if (!touched) return { r, landing, side: 0, ambiguous: false, touched: false }
  const { open, high, low, closeTime } = touched
  const prices = [open >= upper || open <= lower ? open : undefined, low <= lower ? lower : undefined, upper]
  const price = prices.find((one) => one !== undefined) as number
  const ambiguous = price !== open && high >= upper && low <= lower
  return { r: Math.log(price) - Math.log(entry), landing: closeTime, side: price >= upper ? 1 : -1, ambiguous, touched: true }
}

/** Newest bar first. */
function naiveDeviation(bars: readonly Bar[], { sigmaBars, steps }: { sigmaBars: number; steps: number }): number | undefined {
  const returns = bars.slice(1).map(({ close }, i) => Math.log((bars[i] as Bar).close / close))
  return returns.length < sigmaBars ? undefined : Math.sqrt((returns.reduce((sum, one) => sum + one ** 2, 0) / sigmaBars) * steps)
}

/** The definitions of features.md once more, written as a search over minutes rather than over positions. */
function naive(bars: readonly Bar[], bar: Bar, spec: LabelSpec): Expected {
  const at = (minutes: number): Bar[] => bars.filter(({ openTime }) => openTime === bar.openTime + minutes * barMs)
  const path = Array.from({ length: spec.steps }, (_, i) => at(i + 1)).flat()
  const [first, last] = [path[0], path.at(-1)]
  if (!first || !last || path.length < spec.steps) return undefined
  const [r, landing] = [Math.log(last.close) - Math.log(first.open), last.closeTime]
  if (spec.kind === 'cost-aware') {
    const values = [0, r - spec.cost, -r - spec.cost - spec.funding] as const
    return { r, landing, buyValue: values[1], sellValue: values[2], side: ([0, 1, -1] as const)[values.indexOf(Math.max(...values))] as Label['side'] }
  }
  const sigma = naiveDeviation(Array.from({ length: spec.sigmaBars + 1 }, (_, i) => at(-i)).flat(), spec)
  if (spec.kind === 'triple-barrier') return naiveBarrier(spec, { entry: first.open, path, sigma, r, landing })
  const threshold = Math.max(spec.cost, spec.sigmas === 0 ? 0 : spec.sigmas * (sigma ?? NaN))
  if (Number.isNaN(threshold)) return undefined
  return { r, landing, threshold, side: Math.abs(r) > threshold ? (Math.sign(r) as 1 | -1) : 0 }
}

test('labels are those of the definitions, bar by bar, with and without holes', () => {
  let labelled = 0
  fc.assert(
    fc.property(holed, specs, (bars, spec) => {
      for (const [position, bar] of bars.entries()) {
        const found = labelAt(seriesOf(bars), position, spec)
        const expected = naive(bars, bar, spec)
        assert.equal(found === undefined, expected === undefined, `bar ${position}`)
        if (!found || !expected) continue
        labelled += 1
        assert.deepEqual(
          [found.side, found.ambiguous, found.touched, bars[found.end]?.closeTime],
          [expected.side, expected.ambiguous, expected.touched, expected.landing],
        )
        for (const name of ['r', 'threshold', 'buyValue', 'sellValue'] as const) if (expected[name] !== undefined) near(found[name], expected[name])
      }
    }),
  )
  assert.ok(labelled > 1_000)
})

test('a label moves with nothing that closed after it landed, nor with the close that the model saw', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), specs, fc.integer({ min: 25, max: 60 }), (seed, spec, position) => {
      const bars = walk(seed, 90)
      const found = labelAt(seriesOf(bars), position, spec)
      if (!found) return
      const later = bars.map((bar, i) => (i <= found.end ? bar : { ...bar, open: 1, high: 2, low: 0.5, close: 1.5 }))
      assert.deepEqual(labelAt(seriesOf(later), position, spec), found)
      if (spec.kind !== 'cost-aware') return
      const seen = bars.with(position, { ...(bars[position] as Bar), close: 1 })
      assert.deepEqual(labelAt(seriesOf(seen), position, spec), found)
    }),
  )
})

test('of two barriers inside one bar the lower counts, and is marked; an open beyond a barrier is the exit', () => {
  const spec = { kind: 'triple-barrier', steps: 3, up: 1, down: 1, sigmaBars: 2 } as const
  const flat = walk(1, 8).map((bar, i) => ({ ...bar, open: 100, high: 100.01, low: 99.99, close: i % 2 === 0 ? 100 : 101 }))
  const sigma = deviation(seriesOf(flat), 3, 2) as number
  const width = 100 * sigma * Math.sqrt(3)
  const at = (bar: Partial<Bar>): Label | undefined => labelAt(seriesOf(flat.with(5, { ...(flat[5] as Bar), ...bar })), 3, spec)
  assert.deepEqual(at({ high: 100 + 2 * width, low: 100 - 2 * width }), {
    side: -1,
    r: Math.log((100 * (1 - sigma * Math.sqrt(3))) / 100),
    end: 5,
    ambiguous: true,
    touched: true,
  })
  assert.deepEqual(at({ open: 100 + 2 * width, high: 100 + 3 * width, low: 1 }), {
    side: 1,
    r: Math.log((100 + 2 * width) / 100),
    end: 5,
    ambiguous: false,
    touched: true,
  })
  assert.deepEqual([at({})?.side, at({})?.touched, at({})?.end], [0, false, 6])
  assert.equal(labelAt(seriesOf(flat.map((bar) => ({ ...bar, close: 100 }))), 3, spec), undefined, 'no deviation, no barriers')
})

test('uniqueness is the mean of one over the labels that share a bar', () => {
  assert.deepEqual([...uniqueness(Int32Array.of(1, 2, 3, -1))], [1, 1, 1, NaN])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 40 }), (lengths) => {
      const ends = Int32Array.from(lengths, (length, i) => (length === 0 || i + length >= lengths.length ? -1 : i + length))
      const sharers = (bar: number): number => ends.reduce((sum, end, i) => sum + (end >= bar && i < bar ? 1 : 0), 0)
      for (const [i, weight] of uniqueness(ends).entries()) {
        const end = ends[i] as number
        if (end < 0) assert.ok(Number.isNaN(weight))
        else near(weight, Array.from({ length: end - i }, (_, k) => 1 / sharers(i + 1 + k)).reduce((sum, share) => sum + share, 0) / (end - i))
      }
    }),
  )
})

test('no column of labels can be a feature, nor a name in a set', () => {
  assert.deepEqual([...labelNames].toSorted(), ['ambiguous', 'label', 'label_landing', 'r', 'threshold', 'touch_time', 'weight', 'y_long', 'y_short'])
  for (const name of labelNames) {
    for (const id of [name, `${name}@1m`, `lag(${name},1)@1m`]) assert.throws(() => defineFeature(id, '1m'), { name: /ServingError|FeatureTextError/ }, id)
    const { problems } = readSetFile(`timeframe: 1m\nfeatures:\n  ${name}: rsi(14)\n`, { file: 'set.yaml' })
    assert.match(JSON.stringify(problems), /is a column of labels, which know the future/)
  }
})

test('rows hold the columns of their kind', () => {
  const bars = walk(9, 60)
  for (const spec of [
    { kind: 'fixed-horizon', steps: 5, cost: 0.001, sigmas: 0, sigmaBars: 5 },
    { kind: 'triple-barrier', steps: 5, up: 1, down: 1, sigmaBars: 5 },
    { kind: 'cost-aware', steps: 5, cost: 0.001, funding: 0 },
  ] as const) {
    const at = labelRows(seriesOf(bars), spec)
    const names = labelColumns(spec.kind).map(({ name }) => name)
    const row = Object.fromEntries((at(20) ?? assert.fail('no label')).map((value, i) => [names[i], value]))
    const label = labelAt(seriesOf(bars), 20, spec) as Label
    assert.deepEqual([row['r'], row['label'], row['label_landing']], [label.r, label.side, bars[label.end]?.closeTime])
    assert.equal(at(56), undefined)
  }
})
