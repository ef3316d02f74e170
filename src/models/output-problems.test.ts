import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '../contracts/manifest.ts'
import { signalProblems, tableProblems } from './output-problems.ts'
import { readManifest } from './read-manifest.ts'

const examples = fileURLToPath(new URL('../../examples/models', import.meta.url))

/** The example with one block of its manifest said otherwise; the block begins on its line 1 and is written as one line. */
function readWith(t: TestContext, block: string, said: object): Manifest {
  const folder = mkdtempSync(join(tmpdir(), 'presage-output-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(join(examples, 'momentum/1.2.3'), folder, { recursive: true })
  const path = join(folder, 'model.yaml')
  const text = readFileSync(path, 'utf8')
  const changed = text.replace(new RegExp(`^${block}:.*\\n(?: .*\\n)*`, 'm'), `${block}: ${JSON.stringify(said)}\n`)
  assert.notEqual(changed, text)
  writeFileSync(path, changed)
  return readManifest(folder).manifest
}
const binary = { kind: 'binary', classes: ['down', 'up'] }
const refuses = (t: TestContext, [block, said]: readonly [string, object], message: RegExp): void =>
  assert.throws(() => readWith(t, block, said), { code: 'model_verification_failed', message })

test('every example is taken as it is', () => {
  const folders = readdirSync(examples).flatMap((name) => readdirSync(join(examples, name)).map((version) => join(examples, name, version)))
  assert.ok(folders.map((folder) => readManifest(folder)).length > 3)
})

const tables: readonly (readonly [string, readonly number[], readonly number[], RegExp | undefined])[] = [
  ['tables whose lists differ in length', [0.4, 0.5, 0.6], [0.4, 0.5], /line \d+: \S*\/(success|y) must have as many knots as \S+, 3, not 2$/],
  ['knots that fall', [0.6, 0.4], [0.4, 0.5], /line \d+: \S*\/(probability|x)\/1 must be above the knot before it, 0\.6, not 0\.4: knots rise$/],
  ['knots that stand twice', [0.4, 0.4], [0.4, 0.5], /\/(probability|x)\/1 must be above the knot before it/],
  ['chances above 1', [0.4, 0.6], [0.4, 5], /\/(success|y)\/1 must be a probability between 0 and 1, not 5$/],
  ['chances below 0', [0.4, 0.6], [-0.1, 0.4], /\/(success|y)\/0 must be a probability between 0 and 1, not -0\.1$/],
  [
    'chances that fall',
    [0.4, 0.5, 0.6],
    [0.4, 0.5, 0.45],
    /\/(success|y)\/2 must not be below the knot before it, 0\.5, not 0\.45: make one knot of those that fall, as an isotonic fit does$/,
  ],
  ['knots in percent', [40, 60], [0.4, 0.5], /\/(probability|x)\/0 must be a probability between 0 and 1, not 40$/],
  ['knots below 0', [-0.4, 0.6], [0.4, 0.5], /\/(probability|x)\/0 must be a probability between 0 and 1, not -0\.4$/],
  ['knots that fit', [0, 0.5, 1], [0.4, 0.4, 0.5], undefined],
]
for (const [what, x, y, message] of tables)
  for (const [where, output] of Object.entries({
    'the reliability': { reliability: { full: { probability: x, success: y } } },
    'the reliability without optional inputs': { reliability: { full: { probability: [0, 1], success: [0, 1] }, partial: { probability: x, success: y } } },
    'an isotonic calibration': { calibration: { kind: 'isotonic', x, y } },
  }))
    test(`${what} are ${message ? 'refused with their line' : 'taken'} in ${where}`, (t) => {
      const said = { ...binary, ...output }
      if (message) refuses(t, ['output', said], message)
      else assert.deepEqual(readWith(t, 'output', said).output, said)
    })

const calibrations: readonly (readonly [string, object, RegExp | undefined])[] = [
  [
    'a Platt slope below 0',
    { kind: 'platt', a: -0.4, b: 0 },
    /line \d+: \/output\/calibration\/a must be above 0, not -0\.4: it would turn BUY into SELL; if the outputs stand the other way round, exchange output\.classes$/,
  ],
  ['a Platt slope of 0', { kind: 'platt', a: 0, b: 1 }, /\/output\/calibration\/a must be above 0, not 0: every output would become the same$/],
  ['a Platt slope above 0', { kind: 'platt', a: 0.05, b: -3 }, undefined],
  [
    'an isotonic calibration that is flat',
    { kind: 'isotonic', x: [0, 1], y: [0.7, 0.7] },
    /\/output\/calibration\/y must rise: 0\.7 throughout would make every output the same$/,
  ],
  ['a temperature of 0', { kind: 'temperature', t: 0 }, /\/output\/calibration\/t must be >= 0\.01$/],
  ['a temperature at which no number is left', { kind: 'temperature', t: 1e-5 }, /\/output\/calibration\/t must be >= 0\.01$/],
  ['a temperature at which all is even', { kind: 'temperature', t: 1e6 }, /\/output\/calibration\/t must be <= 100$/],
  ['a temperature as one is fitted', { kind: 'temperature', t: 20 }, undefined],
]
for (const [what, calibration, message] of calibrations)
  test(`${what} is ${message ? 'refused with its line' : 'taken'}`, (t) => {
    const said = { ...binary, calibration }
    if (message) refuses(t, ['output', said], message)
    else assert.deepEqual(readWith(t, 'output', said).output, said)
  })

test('tables of an amount are by its size, and it has no calibration', () => {
  const of = (output: object): string[] => tableProblems({ kind: 'regression', ...output })
  const table = (probability: number[]): object => ({ reliability: { full: { probability, success: [0.4, 0.5] } } })
  assert.deepEqual(of(table([0, 12])), [])
  assert.deepEqual(of(table([-5, 5])), ['/output/reliability/full/probability/0 must be the size of an amount, without its sign, not -5'])
  assert.deepEqual(of({ calibration: { kind: 'none' } }), [])
  assert.deepEqual(of({ calibration: { kind: 'platt', a: 1, b: 0 } }), ['/output/calibration is for probabilities; an amount has none: leave it out'])
})

const rule = (name: string, atLeast = 0.5): object => ({ class: name, at_least: atLeast })
const sides: readonly (readonly [string, string, object, RegExp])[] = [
  ['two sides of one class', 'signal', { buy: rule('up', 0.6), sell: rule('up', 0.8) }, /line \d+: \/signal\/sell\/class is up, which buy names already/],
  ['a class that there is not', 'signal', { buy: rule('up'), sell: rule('left') }, /line \d+: \/signal\/sell\/class is left, which is not in output\.classes$/],
  ['values of a classifier', 'signal', { buy: rule('up'), sell: { value_at_most: 0 } }, /\/signal needs class and at_least on both sides for a classifier$/],
  ['classes of a regression', 'output', { kind: 'regression' }, /\/signal needs value_at_least and value_at_most for a regression/],
  ['classes of one name', 'output', { kind: 'multiclass', classes: ['down', 'up', 'up'] }, /line \d+: \/output\/classes\/2 names up again/],
  ['a binary model of three classes', 'output', { kind: 'binary', classes: ['down', 'up', 'flat'] }, /\/output\/classes must name the two classes/],
  [
    'symbols that no request can name',
    'symbols',
    ['BTC/USDT', 'btc-usdt'],
    /line \d+: \/symbols\/1 must be BASE\/QUOTE in capitals, or such with \*: BTC\/USDT, not btc-usdt$/,
  ],
  ['a unit of classes', 'output', { ...binary, unit: 'bps' }, /line \d+: \/output\/unit is what an amount is in; a binary model has none$/],
  [
    'a method where nothing is asked by one',
    'artefact',
    { path: 'model.txt', format: 'lightgbm', method: 'predict' },
    /line \d+: \/artefact\/method is for the formats sklearn-joblib and skops, not lightgbm: leave it out$/,
  ],
  [
    'a span that ends before it begins',
    'metrics',
    { window: ['2024-02-01T00:00:00Z', '2024-01-01T00:00:00Z'] },
    /line \d+: \/metrics\/window ends before it begins$/,
  ],
  [
    'a span between what are no moments',
    'metrics',
    { window: ['2024-02-30T00:00:00Z', '2024-03-01'] },
    /\/metrics\/window\/0 must be a moment .*, not 2024-02-30T00:00:00Z; line \d+: \/metrics\/window\/1 must be a moment/,
  ],
  [
    'an interval upside down',
    'metrics',
    { interval: [0.6, 0.5] },
    /\/metrics\/interval must be two shares between 0 and 1, the lower one first, not 0\.6 and 0\.5$/,
  ],
  ['an interval of no shares', 'metrics', { interval: [5, 9] }, /\/metrics\/interval must be two shares/],
  ['symbols that are none at all', 'symbols', ['bitcoin'], /\/symbols\/0 must be .*, e\.g\. BTC\/USDT or \*\/USDT, not bitcoin$/],
]
for (const [what, block, said, message] of sides) test(`${what} are refused with their line`, (t) => refuses(t, [block, said], message))

test('symbols of every kind that a request can name are taken, and globs for them', (t) => {
  const symbols = ['BTC/USDT', 'BTC/USDT:USDT-240628', '*/USDT', 'BTC/*', '*/*:USDT', '*']
  assert.deepEqual(readWith(t, 'symbols', symbols).symbols, symbols)
})

test('thresholds that can be reached at once are taken: of two sides the more probable wins', (t) => {
  const signal = { buy: rule('up', 0.2), sell: rule('down', 0.1) }
  assert.deepEqual(readWith(t, 'signal', signal).signal, signal)
})

for (const [text, isTaken] of [
  ['2024-01-10T00:00:00Z', true],
  ['2024-01-10T00:00:00.5+05:30', true],
  ['2024-01-10', false],
  ['2024-01-10T00:00:00', false],
  ['2024-13-01T00:00:00Z', false],
  ['yesterday, about a quarter past', false],
] as const)
  test(`${text} is ${isTaken ? 'taken as' : 'no'} date of training`, (t) => {
    const read = (): Manifest => readWith(t, 'training_date', text as never)
    if (isTaken) assert.equal(read().training_date, text)
    else
      assert.throws(read, {
        code: 'model_verification_failed',
        message: `model.yaml: line 8: /training_date must be a moment with its zone, such as 2024-01-10T00:00:00Z, not ${text}`,
      })
  })

const amounts: readonly (readonly [number, number, readonly string[]])[] = [
  [8, -8, []],
  [0, 0, []],
  [-5, 5, ['/signal/sell/value_at_most must be at most what BUY needs, -5, not 5: between them both would be meant']],
]
for (const [buy, sell, problems] of amounts)
  test(`BUY from ${buy} and SELL to ${sell} are ${problems.length > 0 ? 'refused' : 'taken'}`, () => {
    const signal = { buy: { value_at_least: buy }, sell: { value_at_most: sell } }
    assert.deepEqual(signalProblems({ output: { kind: 'regression' }, signal } as Manifest), problems)
  })
