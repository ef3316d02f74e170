import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { loadSets } from './set-folder.ts'
import { readSetFile, type SetReading } from './set-file.ts'

const read = (text: string): SetReading => readSetFile(text, { file: 'x.yaml', name: 'x' })
const problems = (text: string): string[] => read(text).problems.map(({ where, message }) => `${where}: ${message}`)

const whole = `# how strong, and how strong for this week
name: strength
timeframe: 1m
symbols: [BTC/USDT, "*/EUR"]
window: 2
max_age: 90s
gaps: restart
features:
  rsi_z: zscore(rsi14, 96)
  rsi14: { value: rsi(14), lag: 2 }
  hot: 'rsi14 > 70 and rsi_z > 1'
  slow: rsi(14)@5m
`

describe('a set file', () => {
  test('resolves to canonical ids with names, its features in any order, past values behind them', () => {
    assert.deepEqual(read(whole), {
      problems: [],
      spec: {
        name: 'strength',
        timeframe: '1m',
        symbols: ['BTC/USDT', '*/EUR'],
        window: 2,
        maxAgeMs: 90_000,
        features: ['zscore(rsi(14),96)@1m', 'rsi(14)@1m', 'lag(rsi(14),1)@1m', 'lag(rsi(14),2)@1m', 'rsi(14)>70 and zscore(rsi(14),96)>1@1m', 'rsi(14)@5m'],
        labels: ['rsi_z', 'rsi14', 'rsi14_lag1', 'rsi14_lag2', 'hot', 'slow'],
      },
    })
  })

  test('may be a list without names', () => {
    const { spec } = read('timeframe: 5m\nfeatures:\n  - close\n  - rsi( 14 )@1h\n  - value: macd(12,26,9)\n    lag: 1\n')
    assert.deepEqual(spec, {
      name: 'x',
      timeframe: '5m',
      symbols: ['*'],
      window: 1,
      features: ['close@5m', 'rsi(14)@1h', 'macd(12,26,9)@5m', 'lag(macd(12,26,9),1)@5m'],
    })
  })

  const refusals: readonly [text: string, problem: RegExp][] = [
    ['timeframe: 1m\nfeatures:\n  a: lag(b, 1)\n  b: delta(a, 2)\n', /^x\.yaml:4:12: "delta\(a, 2\)": rests on itself: a → b → a\./],
    ['timeframe: 1m\nfeatures:\n  a: a + 1\n', /^x\.yaml:3:6: .*rests on itself: a → a\./],
    ['timeframe: 1m\nfeatures:\n  a: "zscore(rsy(14), 96)"\n', /^x\.yaml:3:14: .*Did you mean rsi\(14\).*\n {2}zscore\(rsy\(14\), 96\)\n {9}\^\^\^$/],
    ['timeframe: 1m\nfeatures:\n  strength: rsi(14)\n  a: lag(strenght, 2)\n', /no such feature, and no name of this set\. Did you mean strength/],
    ['timeframe: 1m\nfeatures:\n  slow: rsi(14)@5m\n  a: slow + 1\n', /^x\.yaml:4:6: .*slow is on 5m, this on 1m\./],
    ['timeframe: 1m\nfeatures:\n  rsi: rsi(14)\n', /^x\.yaml:3:8: rsi is known already as a feature or function/],
    ['timeframe: 1m\nfeatures:\n  price: close\n', /price is known already/],
    ['timeframe: 1m\nfeatures:\n  A: rsi(14)\n', /a name begins with a letter/],
    ['timeframe: 1m\nfeatures:\n  a: {value: rsi(14), lag: 1}\n  a_lag1: rsi(15)\n', /^x\.yaml:4:11: a_lag1 is the name of two columns/],
    ['timeframe: 1m\nfeatures: [rsi(14), rsi(14)]\n', /The feature rsi\(14\)@1m is there twice/],
    ['timeframe: 1m\nfeatures: [macd(12,26,9)]\n', /inside \[ \] a comma ends a text, so it needs quotes/],
    ['timeframe: 5m\nfeatures: [close@1m]\n', /^x\.yaml:2:11: close@1m cannot be in a set on 5m/],
    ['timeframe: 2m\nfeatures: [close]\n', /^x\.yaml:1:12: must be one of 1s, 5s/],
    ['features: [close]\n', /timeframe must be written/],
    ['timefrane: 1m\nfeatures: [close]\n', /timefrane has no meaning here; did you mean timeframe\?/],
    ['timeframe: 1m\nfeatures:\n  y: { value: rsi(14), lagg: 3 }\n', /^x\.yaml:3:24: lagg has no meaning here; did you mean lag\?$/],
    ['timeframe: 1m\nfeatures:\n  y: { range: [0, 1] }\n', /^x\.yaml:3:6: must have required properties value$/],
    ['timeframe: 1m\nfeatures: [close]\ngaps: fill\n', /^x\.yaml:3:7: /],
    ['timeframe: 1m\nfeatures: {}\n', /at least one feature/],
    ['timeframe: 1m\nfeatures: {a: {value: rsi(14), lag: 0}}\n', /^x\.yaml:2:\d+: must be >= 1/],
    ['a: [', /^x\.yaml:1:5: /],
    ['timeframe: &t 1m\nname: *t\nfeatures: [close]\n', /^x\.yaml:1:1: cannot be used: .*alias/i],
    ['', /must be object/],
  ]
  for (const [text, problem] of refusals)
    test(`${JSON.stringify(text.slice(0, 60))} is refused: ${problem.source.slice(0, 50)}`, () => {
      const found = problems(text)
      assert.ok(
        found.some((line) => problem.test(line)),
        found.join('\n'),
      )
      assert.equal(read(text).spec, undefined)
    })
})

test('every problem of a file is told, those of its form and those of its features', () => {
  const text = `windw: 3
timeframe: 1m
max_age: soon
gaps: { flatt: 2 }
features:
  a: rsy(14)
  b: { value: rsi(14), lag: 0, lagg: 2 }
`
  const told = [
    /^x\.yaml:1:1: windw has no meaning here; did you mean window\?$/,
    /^x\.yaml:3:10: /,
    /^x\.yaml:4:9: flatt has no meaning here; did you mean flat\?$/,
    /^x\.yaml:7:29: must be >= 1$/,
    /^x\.yaml:7:32: lagg has no meaning here; did you mean lag\?$/,
  ]
  const sorted = (lines: readonly string[]): string[] => lines.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const found = sorted(problems(text))
  assert.equal(found.length, told.length, found.join('\n'))
  for (const [i, line] of found.entries()) assert.match(line, told[i] as RegExp)
  const withRightForm = sorted(problems(text.replace(', lag: 0, lagg: 2', '')))
  assert.equal(withRightForm.length, 4, withRightForm.join('\n'))
  assert.match(withRightForm.at(-1) as string, /^x\.yaml:6:6: .*Did you mean rsi/)
})

describe('a folder of sets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sets-'))
  after(() => rmSync(folder, { recursive: true }))
  const made = (files: Readonly<Record<string, string>>): string => {
    const dir = mkdtempSync(join(folder, 'dir-'))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), text)
    mkdirSync(join(dir, 'other'))
    return dir
  }
  const plain = 'timeframe: 1m\nfeatures: [close]\n'

  test('has the sets of its YAML files in order, named after them; without the folder there are none', () => {
    assert.deepEqual(
      loadSets(made({ 'b.yaml': plain, 'a.yml': `name: first\n${plain}`, 'notes.txt': '?' })).map(({ name }) => name),
      ['first', 'b'],
    )
    assert.deepEqual(loadSets(join(folder, 'nowhere')), [])
  })

  test('refuses all problems of all files at once, and two sets of one name', () => {
    const message = /3 problems:\n.*a\.yaml:2:12: .*rsy[^]*b\.yaml:1:1: timefrane[^]*d\.yaml:1:1: c is the name of the set in .*c\.yaml too/
    const dir = made({ 'a.yaml': 'timeframe: 1m\nfeatures: [rsy(14)]\n', 'b.yaml': `timefrane: 1m\n${plain}`, 'c.yaml': plain, 'd.yaml': `name: c\n${plain}` })
    assert.throws(() => loadSets(dir), { code: 'validation_failed', message })
  })
})
