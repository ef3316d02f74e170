import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compareGolden, parseGolden } from './golden.ts'
import { prepareBundle } from './prepare-bundle.ts'
import { readManifest } from './read-manifest.ts'

const example = fileURLToPath(new URL('../../examples/models/momentum/1.2.3', import.meta.url))

function copy(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-bundle-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(example, folder, { recursive: true })
  return folder
}
const edit = (folder: string, change: (manifest: string) => string): void =>
  writeFileSync(join(folder, 'model.yaml'), change(readFileSync(join(folder, 'model.yaml'), 'utf8')))

test('a bundle as it was saved is prepared with its golden rows', (t) => {
  const { manifest, golden, spec } = prepareBundle(readManifest(copy(t)))
  assert.deepEqual([manifest.name, manifest.version, spec.inputs], ['momentum', '1.2.3', manifest.inputs.features.length])
  assert.ok((golden?.count ?? 0) >= 16)
})

/** Rows that were cut off before the bundle's digests were taken. */
function shortGolden(folder: string): void {
  const path = join(folder, 'golden.json')
  const before = hash('sha256', readFileSync(path))
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, 500))
  edit(folder, (text) => text.replace(before, hash('sha256', readFileSync(path))))
}

const damages: readonly (readonly [string, (folder: string) => void, RegExp])[] = [
  ['a changed artefact', (folder) => writeFileSync(join(folder, 'model.txt'), 'tree\n'), /model\.txt has SHA-256/],
  ['a file that is not named', (folder) => writeFileSync(join(folder, 'extra.txt'), ''), /extra\.txt is not named in files/],
  ['a file that is called as what every object has', (folder) => writeFileSync(join(folder, 'constructor'), ''), /^constructor is not named in files/],
  [
    'golden rows without a digest that are called so',
    (folder) => {
      renameSync(join(folder, 'golden.json'), join(folder, 'toString'))
      edit(folder, (text) => text.replace('golden: "golden.json"', 'golden: "toString"').replace(/^ +golden\.json: .*\n/m, ''))
    },
    /\/files lacks the SHA-256 of toString$/,
  ],
  ['a file that is gone', (folder) => rmSync(join(folder, 'golden.json')), /golden\.json is named in files but is not there/],
  ['a link', (folder) => symlinkSync('/etc/hostname', join(folder, 'link')), /link is a link or no plain file/],
  ['no manifest', (folder) => rmSync(join(folder, 'model.yaml')), /model\.yaml cannot be read/],
  [
    'a manifest that is a pipe, which nobody waits for',
    (folder) => {
      rmSync(join(folder, 'model.yaml'))
      execFileSync('mkfifo', [join(folder, 'model.yaml')])
    },
    /^model\.yaml is a link or no plain file/,
  ],
  [
    'a manifest that is a link',
    (folder) => {
      renameSync(join(folder, 'model.yaml'), join(folder, 'elsewhere.yaml'))
      symlinkSync('elsewhere.yaml', join(folder, 'model.yaml'))
    },
    /^model\.yaml is a link or no plain file/,
  ],
  [
    'a manifest beyond all measure',
    (folder) => truncateSync(join(folder, 'model.yaml'), 2 ** 33),
    /^model\.yaml has 8589934592 bytes; at most 1048576 are read$/,
  ],
  ['a manifest that is no YAML', (folder) => edit(folder, () => 'a: [1'), /model\.yaml: /],
  ['an unknown key', (folder) => edit(folder, (text) => `${text}\nsurprise: 1\n`), /model\.yaml: /],
  [
    'a format that its runtime does not execute',
    (folder) => edit(folder, (text) => text.replace('runtime: "trees"', 'runtime: "onnx"')),
    /executes onnx, not lightgbm/,
  ],
  [
    'a class where none is called',
    (folder) => edit(folder, (text) => text.replace('format: "lightgbm"', 'format: "lightgbm"\n  class: "a:B"')),
    /artefact\/class is for the format python-class, not lightgbm: leave it out/,
  ],
  [
    'a range of a feature that it does not take',
    (folder) => edit(folder, (text) => text.replace(/^inputs:$/m, 'inputs:\n  ranges: { "rsi(99)@1m": [0, null] }')),
    /line \d+: \/inputs\/ranges names rsi\(99\)@1m, which is not in inputs\.features/,
  ],
  [
    'a runtime that there is not',
    (folder) => edit(folder, (text) => text.replace('runtime: "trees"', 'runtime: "tree"')),
    /line \d+: \/runtime must be one of trees, onnx, python, module, remote$/,
  ],
  ['another schema', (folder) => edit(folder, (text) => text.replace(/^schema: 1$/m, 'schema: 2')), /line \d+: \/schema must be 1$/],
  [
    'a calibration of no kind that there is',
    (folder) => edit(folder, (text) => text.replace(/kind: "platt"/, 'kind: "plat"')),
    /line \d+: \/output\/calibration\/kind must be one of none, platt, isotonic, temperature$/,
  ],
  [
    'a rule of a signal that lacks a part',
    (folder) => edit(folder, (text) => text.replace(/^signal:\n( +)buy:\n.*\n.*\n/m, 'signal:\n$1buy: { class: "up" }\n')),
    /line \d+: \/signal\/buy must have required properties at_least$/,
  ],
  [
    'a range whose end is no number',
    (folder) => edit(folder, (text) => text.replace(/^inputs:$/m, 'inputs:\n  ranges: { "x": [0, "y"] }')),
    /\/inputs\/ranges\/x\/1 must be number or must be null$/,
  ],
  [
    'an alias',
    (folder) => edit(folder, (text) => `${text}\nfirst: &a {}\nsecond: *a\n`),
    /^model\.yaml: line \d+: the alias \*a has no meaning here: write out/,
  ],
  ['a key that stands twice', (folder) => edit(folder, (text) => `${text}\nschema: 1\n`), /^model\.yaml: line \d+: schema stands twice$/],
  ['a key that stands twice further in', (folder) => edit(folder, (text) => text.replace('kind: "platt"', '$&\n    "a": 1')), /line \d+: a stands twice$/],
  ['golden rows that end too soon', shortGolden, /^golden\.json: the golden rows do not fit their schema: they are no JSON, or were cut off: /],
  [
    'an output of a graph where there is no graph',
    (folder) => edit(folder, (text) => text.replace(/^output:$/m, 'output:\n  tensor: "scores"')),
    /line \d+: \/output\/tensor is for the formats onnx, tensorflow-savedmodel, keras, torchscript and torch-export, not lightgbm: leave it out$/,
  ],
  ['a version that is none', (folder) => edit(folder, (text) => text.replace(/^version: .*$/m, 'version: one')), /\/version/],
]
for (const [what, damage, message] of damages)
  test(`${what} is refused by name`, (t) => {
    const folder = copy(t)
    damage(folder)
    assert.throws(() => prepareBundle(readManifest(folder)), { code: 'model_verification_failed', message })
  })

test('a manifest of as many keys as it may have bytes for is refused before anyone notices', (t) => {
  const folder = copy(t)
  const keys = Array.from({ length: 70_000 }, (_, i) => `k${i}: 1`).join(', ')
  edit(folder, (text) => `${text}\nmore: { ${keys} }\n`)
  const started = process.cpuUsage()
  assert.throws(() => readManifest(folder), { code: 'model_verification_failed', message: /more has no meaning here/ })
  const { user, system } = process.cpuUsage(started)
  assert.ok(user + system < 20e6, `${(user + system) / 1e6} s of processor time`)
})

const asOnnx = (text: string): string => text.replace('runtime: "trees"', 'runtime: "onnx"').replace('format: "lightgbm"', 'format: "onnx"')
const taking =
  (...tensors: readonly object[]) =>
  (text: string): string =>
    text.replace(/^inputs:$/m, `inputs:\n  tensors: ${JSON.stringify(tensors)}`)

test('inputs of a graph take each feature once', (t) => {
  const folder = copy(t)
  const { features } = prepareBundle(readManifest(folder)).spec
  const [first = '', ...others] = features
  edit(folder, (text) => taking({ name: 'x', features: others }, { name: 'now', features: [first], window: 1 })(asOnnx(text)))
  assert.deepEqual(prepareBundle(readManifest(folder)).spec.tensors?.[1], { name: 'now', features: [first], window: 1 })
  for (const [tensors, message] of [
    [[{ name: 'x', features: others }], /each of inputs\.features once, .* is taken 0 times/],
    [[{ name: 'x', features: [...features, first] }], /taken 2 times/],
    [[{ name: 'x', features: [...features, 'rain'] }], /rain is none of them/],
    [
      [
        { name: 'x', features: others },
        { name: 'x', features: [first] },
      ],
      /names an input twice/,
    ],
    [[{ name: 'x', features, window: 2 }], /window of x is longer than inputs\.window, 1/],
  ] as const) {
    const other = copy(t)
    edit(other, (text) => taking(...tensors)(asOnnx(text)))
    assert.throws(() => prepareBundle(readManifest(other)), { code: 'model_verification_failed', message })
  }
})

test('inputs of a graph take ids as long as features may have', (t) => {
  const folder = copy(t)
  const [first = '', ...others] = prepareBundle(readManifest(folder)).spec.features
  const long = `${'-'.repeat(200 - first.length)}${first}`
  edit(folder, (text) => taking({ name: 'x', features: [long, ...others] })(asOnnx(text.replace(JSON.stringify(first), JSON.stringify(long)))))
  assert.deepEqual(readManifest(folder).manifest.inputs.tensors?.[0]?.features[0], long)
})

test('inputs of a graph belong to the runtime onnx', (t) => {
  const folder = copy(t)
  edit(folder, taking({ name: 'x', features: ['a'] }))
  assert.throws(() => prepareBundle(readManifest(folder)), { message: /inputs\/tensors is for the runtime onnx, not trees/ })
})

test('a graphics card is for the runtimes that know of one', (t) => {
  const folder = copy(t)
  edit(folder, (text) => `${text}\nexecution: { device: cuda }\n`)
  assert.throws(() => readManifest(folder), { message: /execution\/device is for the runtimes onnx and python, not trees: leave it out/ })
})

test('a byte order mark in front of a manifest is passed over', (t) => {
  const folder = copy(t)
  edit(folder, (text) => `\uFEFF${text}`)
  assert.equal(readManifest(folder).manifest.name, 'momentum')
})

test('a manifest that changed since it was found is a conflict', (t) => {
  assert.throws(() => prepareBundle({ ...readManifest(copy(t)), digest: '0'.repeat(64) }), { code: 'version_conflict' })
})

test('an input that may be missing is refused where no golden row shows what becomes of it', (t) => {
  const folder = copy(t)
  edit(folder, (text) => text.replace('optional: [', 'optional: ["close@1m", '))
  assert.throws(() => prepareBundle(readManifest(folder)), {
    code: 'model_verification_failed',
    message: /optional names close@1m, but it is missing in no golden row/,
  })
})

test('golden rows count what is within tolerance, and NaN never is', () => {
  const rows = Array.from({ length: 16 }, (_, i) => ({ input: [i === 0 ? 'NaN' : i], output: [0.5] }))
  const golden = parseGolden(JSON.stringify({ schema: 1, tolerance: { absolute: 1e-9, relative: 0 }, rows }), 1)
  const got = new Float64Array(16).fill(0.5)
  assert.deepEqual(compareGolden(golden, got), { rows: 16, reproduced: 16, maxAbsError: 0 })
  got[3] = Number.NaN
  got[4] = 0.6
  assert.deepEqual([compareGolden(golden, got).reproduced, compareGolden(golden, got).maxAbsError], [14, Infinity])
  assert.throws(() => parseGolden(JSON.stringify({ schema: 1, tolerance: { absolute: 0, relative: 0 }, rows: rows.slice(1) }), 1), /16 to 100000 rows/)
})
