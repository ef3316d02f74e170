import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Deadline } from '../../contracts/ports.ts'
import { systemClock } from '../../system.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import type { ProcessEvent } from '../process/process-event.ts'
import type { ProcessLimits } from '../process/process-limits.ts'
import { loadModule, type ModuleSpec } from './load-module.ts'
import { Launcher } from '../../processes/launcher.ts'

const launcher = new Launcher()

const root = mkdtempSync(join(tmpdir(), 'presage-module-'))
after(() => rmSync(root, { recursive: true }))
let folders = 0

const within = (ms: number, signal = new AbortController().signal): Deadline => ({ at: systemClock.monotonic() + ms, signal })
const row = Float64Array.of(1, 2)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Sums of rows, in TypeScript; what `mood` does happens before a row that starts with 13. */
const moody = (mood: string): string => `
  type Bundle = { readonly features: readonly string[] }
  export function load({ features }: Bundle) {
    return {
      predict(rows: Float64Array, count: number): Float64Array | Promise<Float64Array> {
        if (rows[0] === 13) { ${mood} }
        const width = features.length
        return Float64Array.from({ length: count }, (_, i) => rows.subarray(i * width, (i + 1) * width).reduce((sum, value) => sum + value, 0))
      },
    }
  }`
const unlucky = Float64Array.of(13, 0)

type Overrides = Partial<ModuleSpec> & { readonly signal?: AbortSignal }

/** Loads files as an artefact: one file, or \`code\` with several; \`using\` it disposes it. */
async function makeModule(files: string | Readonly<Record<string, string>>, { signal, ...overrides }: Overrides = {}) {
  const folder = join(root, String((folders += 1)))
  const texts = typeof files === 'string' ? { 'model.mts': files } : files
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const path = typeof files === 'string' ? join(folder, 'model.mts') : join(folder, 'code')
  const digests = Object.fromEntries(Object.entries(texts).map(([name, text]) => [join(folder, name), sha256(text)]))
  const events = new EventEmitter()
  const printed: string[] = []
  const log: ProcessDeps['log'] = ({ line }) => {
    printed.push(line)
    events.emit('line', line)
  }
  const deps: ProcessDeps = { launcher, clock: systemClock, random: () => 0, log, onEvent: (event: ProcessEvent) => events.emit(event.kind, event) }
  const spec = { path, files: digests, features: ['a', 'b'], window: 1, outputs: 1, kind: 'regression' as const, allowed: [root], ...overrides }
  const model = await loadModule(spec, deps, signal)
  return { model, folder, printed, next: async (kind: string) => (await once(events, kind))[0], [Symbol.asyncDispose]: () => model.dispose() }
}

test('a TypeScript module answers single rows and many, NaN and infinities included', async () => {
  await using under = await makeModule(moody(''))
  const { model } = under
  assert.deepEqual(await model.predict(row, 1, within(20_000)), Float64Array.of(3))
  assert.deepEqual(await model.predict(Float64Array.of(1, 2, Number.NaN, 1, Infinity, 1), 3, within(20_000)), Float64Array.of(3, Number.NaN, Infinity))
  assert.equal((await model.predict(new Float64Array(0), 0, within(1_000))).length, 0)
  await assert.rejects(model.predict(row, 2, within(1_000)), RangeError)
  assert.match(model.engine, /^Node 24\.\d+\.\d+ \(module\)$/)
  assert.ok(model.memoryBytes > 1e7)
})

test('a folder is imported by its index file, with what lies in it; load and predict may take their time', async () => {
  await using under = await makeModule(
    {
      'code/index.mjs': `
      import { readFile } from 'node:fs/promises'
      import { dot } from './dot.mjs'
      export async function load({ path, features, window, outputs, kind }) {
        const weights = JSON.parse(await readFile(path + '/weights.json', 'utf8'))
        if (window !== 2 || outputs !== 1 || kind !== 'regression' || features.join() !== 'a,b') throw new Error('another bundle')
        return { predict: async (rows, count) => Float64Array.from({ length: count }, (_, i) => dot(weights, rows.subarray(4 * i))) }
      }`,
      'code/dot.mjs': 'export const dot = (weights, row) => weights.reduce((sum, weight, i) => sum + weight * row[i], 0)',
      'code/weights.json': '[1, 10, 100, 1000]',
    },
    { window: 2 },
  )
  assert.deepEqual(await under.model.predict(Float64Array.of(1, 2, 3, 4, 0, 0, 0, 1), 2, within(20_000)), Float64Array.of(4_321, 1_000))
})

test('one value for two classes is the probability of the second', async () => {
  const text = 'export const load = () => ({ predict: (rows: Float64Array, count: number) => rows.slice(0, count) })'
  await using under = await makeModule(text, { outputs: 2, kind: 'binary' })
  assert.deepEqual(await under.model.predict(Float64Array.of(0.25, 0.75, 0, 0), 2, within(20_000)), Float64Array.of(0.75, 0.25, 0.25, 0.75))
  await assert.rejects(under.model.predict(Float64Array.of(1.5, 0), 1, within(20_000)), {
    code: 'model_output_invalid',
    message: /gave 1\.5 where the probability/,
  })
})

const quick: Partial<ProcessLimits> = { graceMs: 50 }

for (const [what, mood, code] of [
  ['computes without end', 'for (;;);', 'deadline_exceeded'],
  ['promises an answer that never comes', 'return new Promise(() => {})', 'deadline_exceeded'],
  ['ends its process', 'process.exit(3)', 'worker_crashed'],
  ['rejects a promise that nobody awaits', 'void Promise.reject(new Error("lost")); return new Promise(() => {})', 'worker_crashed'],
] as const) {
  test(`a module that ${what} costs its process, not the server: the next process answers`, async () => {
    await using under = await makeModule(moody(mood), { process: quick })
    const { model } = under
    const first = model.pids
    const restarted = under.next('ready')
    await assert.rejects(model.predict(unlucky, 1, within(code === 'deadline_exceeded' ? 100 : 20_000)), { name: 'ServingError', code })
    await restarted
    assert.notDeepEqual(model.pids, first)
    assert.deepEqual(await model.predict(row, 1, within(20_000)), Float64Array.of(3))
  })
}

test('a restart runs no file that came after the others were verified', async () => {
  await using under = await makeModule({ 'code/index.mts': moody('process.exit()') })
  writeFileSync(join(under.folder, 'code', 'index.mjs'), 'export const load = () => ({ predict: (rows, count) => new Float64Array(count) })')
  const ended = under.next('ended')
  await assert.rejects(under.model.predict(unlucky, 1, within(20_000)))
  await ended
  assert.match((await under.next('ended')).reason, /index\.mjs is none of the files that were verified/)
  await assert.rejects(under.model.predict(row, 1, within(1_000)), { code: 'model_unavailable' })
})

for (const [what, mood, says] of [
  ['throws', 'throw new TypeError("at /secret/path")', /^predict of the module threw TypeError; the server log has its message$/],
  ['throws what is no error', 'throw "no"', /threw string/],
  ['gives too few values', 'return new Float64Array(0)', /gave 0 values for 1 rows; the manifest needs 1 for each/],
  ['gives a plain array', 'return [1] as never', /must give a Float64Array/],
  ['gives nothing', 'return undefined as never', /must give a Float64Array/],
] as const) {
  test(`a module that ${what} fails that call alone`, async () => {
    await using under = await makeModule(moody(mood))
    const { pids } = under.model
    await assert.rejects(under.model.predict(unlucky, 1, within(20_000)), { name: 'ServingError', code: 'model_output_invalid', message: says })
    assert.deepEqual(await under.model.predict(row, 1, within(20_000)), Float64Array.of(3))
    assert.deepEqual(under.model.pids, pids)
  })
}

test('what it throws and prints reaches the log, and cannot break the protocol', async () => {
  await using under = await makeModule(moody('console.log("thirteen"); throw new Error("unlucky")'))
  await assert.rejects(under.model.predict(unlucky, 1, within(20_000)))
  while (!under.printed.some((line) => /predict of the module threw: Error: unlucky/.test(line))) await under.next('line')
  assert.ok(under.printed.includes('thirteen'))
})

test('a restart insists on the files that were verified', async () => {
  await using under = await makeModule(moody('process.exit()'))
  writeFileSync(join(under.folder, 'model.mts'), moody('return new Float64Array(1)'))
  const ended = under.next('ended')
  await assert.rejects(under.model.predict(unlucky, 1, within(20_000)))
  await ended
  assert.match((await under.next('ended')).reason, /model\.mts is not the file that was verified/)
  await assert.rejects(under.model.predict(row, 1, within(1_000)), { code: 'model_unavailable' })
})

describe('what cannot be served is refused at load with what to do', () => {
  const refused = 'model_verification_failed'
  for (const [what, source, code, says] of [
    [
      'an import of a package that is not there',
      "import 'no-such-package'\nexport const load = 1",
      refused,
      /^model\.mts cannot be imported: Cannot find package 'no-such-package'\. Put what it imports into the bundle/,
    ],
    ['an import of a file that is not there', "import './weights.ts'\nexport const load = 1", refused, /Cannot find module 'weights\.ts'\. Put/],
    ['TypeScript that is more than types', 'export enum Side { Buy }', refused, /model\.mts cannot be imported.*types can be erased/s],
    ['what does not parse', 'export const = 1', refused, /cannot be imported/],
    ['a module that throws when it is imported', 'throw new Error("no licence")', refused, /cannot be imported: no licence/],
    ['no load', 'export const predict = () => 1', refused, /exports predict; it must export a function load/],
    ['no export', 'const a = 1', refused, /exports nothing/],
    ['a load that throws', 'export const load = () => { throw new RangeError("x") }', refused, /load of the module threw RangeError; the server log/],
    ['a load that gives nothing', 'export const load = () => undefined', refused, /must give an object with a function predict/],
    [
      'other outputs than the manifest says',
      moody('').replace('length: count', 'length: 2 * count'),
      refused,
      /On a row of zeros: predict of the module gave 2 values for 1 rows/,
    ],
    ['a module that ends its process', 'process.exit(4)', 'worker_crashed', /status 4|connection closed/],
  ] as const) {
    test(what, () => assert.rejects(makeModule(source), { name: 'ServingError', code, message: says }))
  }

  test('a folder without an index file', () => assert.rejects(makeModule({ 'code/main.mjs': '' }), { code: refused, message: /none of index\.mjs/ }))
  test('a file with other bytes than the manifest says', async () => {
    const path = join(root, 'other.mjs')
    writeFileSync(path, 'export const load = 1')
    await assert.rejects(makeModule('', { path, files: { [path]: sha256('') } }), { code: refused, message: /other\.mjs is not the file that was verified/ })
  })
  test('a load that does not end', () =>
    assert.rejects(makeModule('for (;;);', { process: { startMs: 300 } }), { code: 'model_unavailable', message: /not ready 300 ms/ }))
})

describe('only folders that the operator lists', () => {
  const refused = (says: RegExp) => ({ name: 'ServingError', code: 'model_verification_failed', message: says })
  test('none is listed, or others', async () => {
    await assert.rejects(makeModule(moody(''), { allowed: [] }), refused(/models\.modulePaths \(it lists none\)/))
    await assert.rejects(makeModule(moody(''), { allowed: ['/nowhere', join(root, 'x')] }), refused(/it lists \/nowhere, /))
  })
  test('a folder whose name begins alike is another one', async () => {
    const [near, nearer] = [join(root, 'near'), join(root, 'nearer')]
    for (const folder of [near, nearer]) mkdirSync(folder)
    writeFileSync(join(nearer, 'model.mjs'), '')
    await assert.rejects(makeModule('', { path: join(nearer, 'model.mjs'), allowed: [near] }), refused(/models\.modulePaths/))
  })
  test('links are followed on both sides', async () => {
    const made = await makeModule(moody(''))
    await made.model.dispose()
    const [link, listed] = [join(root, 'link'), mkdtempSync(join(root, 'listed-'))]
    symlinkSync(made.folder, link)
    symlinkSync(made.folder, join(listed, 'inside'))
    await assert.rejects(makeModule(moody(''), { path: join(listed, 'inside', 'model.mts'), allowed: [listed] }), refused(/models\.modulePaths/))
    const path = join(made.folder, 'model.mts')
    await using under = await makeModule(moody(''), { path, files: { [path]: sha256(moody('')) }, allowed: [link] })
    assert.deepEqual(await under.model.predict(row, 1, within(20_000)), Float64Array.of(3))
  })
})
