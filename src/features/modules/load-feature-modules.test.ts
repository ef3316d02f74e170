import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { noMeter } from '../../contracts/meter.ts'
import { walkBars } from '../../market/bar-walk.ts'
import { SeriesStore } from '../../market/series-store.ts'
import type { Catalogue } from '../catalog/family.ts'
import { ownCatalogue } from '../catalog/index.ts'
import { defineFeature } from '../definition.ts'
import { FeatureService } from '../feature-service.ts'
import { readSetFile } from '../set-file.ts'
import { loadFeatureModules } from './load-feature-modules.ts'

const root = mkdtempSync(join(tmpdir(), 'feature-modules-'))
after(() => rmSync(root, { recursive: true }))
let files = 0

/** A file with one feature: the change of the close, with overrides as code. */
function planted(fields: Readonly<Record<string, string>> = {}, before = ''): string {
  const usual = {
    name: "'change'",
    parameters: '[]',
    summary: "'change of the close'",
    formula: "'C - C[1]'",
    unit: "'price'",
    cost: "'O(1)'",
    inputs: "['close']",
    range: '{ min: -Infinity, max: Infinity }',
    warmUp: '() => ({ first: 2, settled: 2 })',
    kernel: '() => ({ size: 1, outputs: 1, step(state, { close, run }, out) { if (run > 1) out[0] = close - state[0]; state[0] = close } })',
  }
  const body = Object.entries({ ...usual, ...fields }).map(([key, code]) => `  ${key}: ${code},`)
  return `${before}\nexport const planted = {\n${body.join('\n')}\n}\n`
}
const step = (code: string, size = 1): Record<string, string> => ({ kernel: `() => ({ size: ${size}, outputs: 1, step(state, bar, out) { ${code} } })` })

function write(text: string, name = 'planted.mjs'): string {
  const folder = join(root, String((files += 1)))
  mkdirSync(folder)
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const load = (text: string, name?: string): Promise<Catalogue> => loadFeatureModules([write(text, name)])
const refuses = (text: string, message: RegExp, name?: string) => assert.rejects(load(text, name), { code: 'validation_failed', message })

describe('a module of features', () => {
  test('in the example is Kaufman’s ratio in sets and expressions, and the digest of what rests on it covers the bytes of the file', async () => {
    const example = new URL('../../../examples/features/efficiency.ts', import.meta.url).pathname
    const catalogue = await loadFeatureModules([join(example, '..')])
    const ids = ['efficiency(10)@1m', 'mean(efficiency(5),3)@1m']
    const bars = walkBars({ seed: 3, count: 80, from: Date.UTC(2024, 0, 1), barMs: 60_000 })
    const clock = { now: () => Date.UTC(2024, 0, 2), monotonic: () => 0 }
    const series = new SeriesStore({ clock, meter: noMeter })
    const service = new FeatureService({ series, clock, meter: noMeter, catalogue })
    const set = service.declare({ timeframe: '1m', features: ids, window: 1, symbols: ['*'] })
    series.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, bars, { clock: 'replay' })
    const ratio = (n: number, at: number): number => {
      const closes = bars.slice(at - n, at + 1).map(({ close }) => close)
      const way = closes.slice(1).reduce((sum, close, i) => sum + Math.abs(close - (closes[i] as number)), 0)
      return Math.abs((closes[n] as number) - (closes[0] as number)) / way
    }
    const [own, mean] = service.vector(set, 'BTC/USDT', undefined).values
    assert.ok(Math.abs((own as number) - ratio(10, 79)) < 1e-12)
    assert.ok(Math.abs((mean as number) - (ratio(5, 77) + ratio(5, 78) + ratio(5, 79)) / 3) < 1e-12)
    assert.equal(service.catalogue().at(-1)?.example, 'efficiency(10)@1m')
    const edited = await load(`${readFileSync(example, 'utf8')}// another comment\n`, 'efficiency.ts')
    for (const id of ids) {
      const [before, now] = [catalogue, edited].map((each) => defineFeature(id, '1m', each))
      assert.notEqual(before?.digest, now?.digest)
      assert.notEqual(before?.kernelKey, now?.kernelKey)
    }
  })

  test('is known by nobody who does not load it, and suggested to those who do', async () => {
    const catalogue = await load(planted())
    assert.throws(() => defineFeature('change@1m', '1m'), { code: 'unknown_feature' })
    assert.equal(defineFeature('zscore(change,20)@1m', '1m', catalogue).warmUp.first, 21)
    assert.throws(() => defineFeature('chnge@1m', '1m', catalogue), { message: /Did you mean change@1m/ })
    const read = (features: string) => readSetFile(`timeframe: 1m\nfeatures: ${features}\n`, { file: 'x.yaml', catalogue })
    assert.deepEqual(read('{ c: change * 2, d: c > 0 }').spec?.features, ['change*2@1m', 'change*2>0@1m'])
    assert.match(read('{ change: close }').problems[0]?.message ?? '', /change is known already as a feature or function/)
  })

  test('that is listed by its folder brings all of them but tests and declarations; nothing is loaded from a folder that lists none', async () => {
    const folder = join(root, 'several')
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.mjs'), planted({ name: "'one'" }))
    writeFileSync(join(folder, 'b.ts'), planted({ name: "'two' as string" }))
    for (const name of ['b.test.ts', 'b.d.ts', 'notes.md']) writeFileSync(join(folder, name), 'not a module')
    const catalogue = await loadFeatureModules([folder])
    assert.deepEqual([...catalogue.keys()].slice(ownCatalogue.size), ['one', 'two'])
    assert.deepEqual([...(await loadFeatureModules([])).keys()], [...ownCatalogue.keys()])
  })

  test('that throws while it serves gives no value, and is told of once', async () => {
    const file = write(planted(step('if (bar.close === 13) throw new Error("unlucky"); out[0] = bar.close > 1e6 ? bar.close / 0 : bar.close')))
    const told: string[] = []
    const catalogue = await loadFeatureModules([file], (feature, error) => told.push(`${feature} ${String(error)}`))
    const kernel = defineFeature('change@1m', '1m', catalogue).kernel()
    const [bar] = walkBars({ seed: 1, count: 1, from: 0, barMs: 60_000 })
    const out = new Float64Array(1)
    const value = (close: number): number => {
      kernel.step(new Float64Array(1), { ...bar, close } as never, out)
      return out[0] as number
    }
    assert.deepEqual([value(5), value(13), value(13), value(2e6), value(6)], [5, NaN, NaN, NaN, 6])
    assert.deepEqual(told, ['change() Error: unlucky'])
  })

  test('that promises its value once it serves gives none, is told of, and nobody is left with what the promise brings', async () => {
    const file = write(planted(step('out[0] = bar.close; if (bar.close === 13) return Promise.reject(new Error("late"))')))
    const told: string[] = []
    const catalogue = await loadFeatureModules([file], (feature, error) => told.push(`${feature} ${String(error)}`))
    const out = new Float64Array(1)
    const [bar] = walkBars({ seed: 1, count: 1, from: 0, barMs: 60_000 })
    defineFeature('change@1m', '1m', catalogue)
      .kernel()
      .step(new Float64Array(1), { ...bar, close: 13 } as never, out)
    assert.ok(Number.isNaN(out[0]))
    assert.match(told.join(), /^change\(\) TypeError: step gives a promise/)
  })
})

describe('a module is refused, with what to do,', () => {
  test('whose steps promise their values', async () => {
    await refuses(
      planted({ kernel: '() => ({ size: 0, outputs: 1, async step(state, bar, out) { out[0] = bar.close } })' }),
      /step throws TypeError: step gives a promise: a step is over when it returns, without async/,
    )
  })

  test('that is not there, or that a link leads to from outside of what is listed', async () => {
    await assert.rejects(loadFeatureModules([join(root, 'nowhere')]), { message: /nowhere is listed in features.modulePaths and is not there/ })
    const [outside, folder] = [write(planted()), join(root, 'links')]
    mkdirSync(folder)
    symlinkSync(outside, join(folder, 'link.mjs'))
    await assert.rejects(loadFeatureModules([folder]), { message: /link\.mjs: is a link to .*planted\.mjs, which features\.modulePaths does not list/ })
    await assert.rejects(loadFeatureModules([folder, outside]), { message: /change is exported twice/ })
  })

  test('whose code cannot run, or does not stand in one file', async () => {
    await refuses('export const = 3', /planted\.mjs: cannot be imported: .*Run it with Node by itself/)
    await refuses('export enum Side { Buy }', /cannot be imported: .*types can be erased/, 'planted.ts')
    await refuses('throw new Error("no data")', /cannot be imported: no data/)
    await refuses(planted({}, "import { readFileSync } from 'node:fs'"), /planted\.mjs: imports node:fs\. A module of features imports types only/)
    await refuses(planted({}, "import './planted.mjs'"), /imports \.\/planted\.mjs/)
    assert.ok((await load(planted({}, "import type { Kernel } from './nowhere.ts'"), 'planted.ts')).has('change'))
  })

  test('that waits for what never comes', () => {
    const file = write('await new Promise(() => {})\nexport const late = {}\n')
    const code = `import { loadFeatureModules } from ${JSON.stringify(new URL('load-feature-modules.ts', import.meta.url).href)}
      await loadFeatureModules([${JSON.stringify(file)}]).catch((error) => console.log(error.message))`
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
    assert.match(stdout, /planted\.mjs: cannot be imported: its top level waits for what never comes\./)
    assert.equal(status, 0)
  })

  test('whose exports are no features', async () => {
    await refuses('', /exports nothing/)
    await refuses('export const period = 14', /period: is no feature: export an object with name, parameters/)
    await refuses('export default function () {}', /default: is no feature/)
    await refuses(planted({ warmup: '() => 3' }), /planted: warmup has no meaning here\. Did you mean warmUp\?/)
    await refuses(planted({ name: "'Change'" }), /name must be a letter and up to 63 more of a-z/)
    await refuses(planted({ unit: "'dollars'" }), /unit must be one of price, volume/)
    await refuses(planted({ summary: '3' }), /summary must be a text/)
    await refuses(planted({ kernel: '14' }), /kernel must be a function of the parameters that makes \{ size, outputs: 1, step/)
    await refuses(
      planted({ parameters: "[{ name: 'n', min: 2, max: 9, whole: true, usual: 1 }]" }),
      /parameters must be a list of .* with usual from min to max/,
    )
    await refuses(planted({ range: '{ min: 1, max: 0 }' }), /range must be \{ min, max \}/)
  })

  test('with an unknown input, or another symbol that it does not say', async () => {
    await refuses(planted({ inputs: "['clse']" }), /inputs: a bar has no field "clse"\. Did you mean close/)
    await refuses(planted({ inputs: "['close', 'partnerClose']" }), /partnerClose is an input of features with partner: true/)
  })

  test('whose name is taken', async () => {
    await refuses(planted({ name: "'rsi'" }), /rsi is a feature of the catalogue: choose another name/)
    await refuses(planted({ name: "'zscore'" }), /zscore is known already as a function/)
    await refuses(planted({ name: "'price'" }), /price is known already as a function or a plain name/)
    await refuses(`${planted()}${planted().replace('const planted', 'const again')}`, /planted: change is exported twice \(module planted\.mjs\)/)
  })

  test('that throws, or whose functions give what they must not', async () => {
    await refuses(planted(step('throw new TypeError("what is a bar?")')), /step throws TypeError: what is a bar\?/)
    await refuses(planted({ kernel: '() => { throw new Error("none") }' }), /kernel throws Error: none/)
    await refuses(planted({ kernel: '() => ({ size: 1, outputs: 2, step() {} })' }), /kernel must make \{ size, outputs: 1, step \}/)
    await refuses(planted({ warmUp: '() => ({ first: 0, settled: 2 })' }), /warmUp must give \{ first, settled \}, whole numbers of bars/)
    await refuses(planted({ refuse: "() => 'never'" }), /refuse does not take the usual parameters: never/)
    await refuses(planted(step('out[0] = "high"')), /step gives NaN on bar 2 of change\(\); say in flatWhen when there is no value/)
    await refuses(planted({ ...step(''), flatWhen: "'always'" }), /step gives no value on any of \d+ bars from bar 2 on/)
    await refuses(planted({ range: '{ min: 0, max: 1 }' }), /step gives -?[\d.]+, which lies outside its range of 0 to 1/)
  })

  test('that is made of itself', async () => {
    const circle = 'const a = { kernel: () => b.kernel() }\nconst b = { kernel: () => a.kernel() }'
    await refuses(planted({ kernel: '() => a.kernel()' }, circle), /kernel throws RangeError: Maximum call stack size exceeded\. Is it made of itself\?/)
  })

  test('that fails a proof: chance, memory outside of its state, what comes later, the time, other fields, a warm-up that is too short', async () => {
    await refuses(planted(step('out[0] = bar.close + Math.random()')), /change@1m fails the proof of determinism/)
    await refuses(planted(step('out[0] = sum += bar.close'), 'let sum = 0'), /fails the proof of determinism/)
    await refuses(planted(step('out[0] = bar.close + new Date().getFullYear()')), /fails the proof of determinism: .* the bars alone say what time it is/)
    const peek = 'seen.set(bar.index, bar.close); out[0] = seen.get(bar.index + 1) ?? bar.close'
    await refuses(planted(step(peek), 'const seen = new Map()'), /fails the proof of look-ahead|fails the proof of determinism/)
    await refuses(planted(step('out[0] = bar.close * bar.volume')), /fails the proof of inputs/)
    await refuses(planted(step('out[0] = state[0] = bar.run === 1 ? bar.close : 0.9 * state[0] + 0.1 * bar.close')), /fails the proof of warm-up/)
  })

  test('with every problem of every module at once', async () => {
    const paths = [write(planted({ unit: '1' })), write(planted({ cost: '2' })), write('!')]
    await assert.rejects(loadFeatureModules(paths), {
      message: /^Modules of features have 3 problems:\n {2}.*unit must be[^\n]*\n {2}.*cost must be[^\n]*\n {2}.*cannot be imported/,
    })
  })
})
