import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { modelText, stump } from '../../src/trees/model-text.test-data.ts'
import { sklearnText } from '../../src/trees/sklearn-text.test-data.ts'
import { jsonOf, modelOf, ubjsonOf } from '../../src/trees/xgboost-model.test-data.ts'
import { largeLightGbm } from './large-shapes.ts'
import { largeSklearn } from './large-sklearn.ts'
import { largeUbjson } from './large-ubjson.ts'
import { largeJunk, largeXgBoost } from './large-xgboost.ts'
import { limits } from './run-case.ts'

const script = fileURLToPath(new URL('large-process.ts', import.meta.url))
/** What a process needs beside the model: code that is compiled on the way, V8's young generation. */
const floorBytes = 12 << 20
const mebibyte = 1 << 20
const skip = process.platform === 'linux' ? false : 'the peak of a process is read from /proc'

let folder = ''
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'large-'))
})
after(() => rmSync(folder, { recursive: true }))

type Shapes = Readonly<Record<string, () => string | Uint8Array>>
type Row = {
  readonly format: string
  readonly small: () => string | Uint8Array
  readonly shapes: Shapes
}

const rows: readonly Row[] = [
  { format: 'lightgbm', small: () => modelText([stump(), stump(), stump()]), shapes: largeLightGbm },
  { format: 'xgboost-json', small: () => jsonOf(modelOf()), shapes: { ...largeXgBoost, ...largeJunk } },
  { format: 'xgboost-ubj', small: () => ubjsonOf(modelOf()), shapes: largeUbjson },
  { format: 'sklearn-trees', small: () => sklearnText(), shapes: largeSklearn },
]

/** Loads a file in a process whose heap has room for the promise and no more; how far the process grew, all memory counted, and what became of the file. */
function loaded({ format, small }: Row, file: string | Uint8Array, mostBytes: number): { outcome: string; bytes: number; peak: number } {
  const paths = [join(folder, 'small'), join(folder, 'large')] as const
  writeFileSync(paths[0], small())
  writeFileSync(paths[1], file)
  const heap = Math.ceil(mostBytes / mebibyte)
  const flags = [`--max-old-space-size=${heap}`, '--max-semi-space-size=1']
  const out = execFileSync(process.execPath, [...flags, script, format, ...paths], { encoding: 'utf8', timeout: 120_000, stdio: ['ignore', 'pipe', 'pipe'] })
  return JSON.parse(out) as ReturnType<typeof loaded>
}

for (const row of rows)
  for (const [name, shape] of Object.entries(row.shapes)) {
    test(`a large ${row.format} file of ${name} is read and built within ${limits.timesFile} times its size`, { skip }, (t) => {
      const file = shape()
      const mostBytes = limits.timesFile * file.length + floorBytes
      const { outcome, bytes, peak } = loaded(row, file, mostBytes)
      const times = (peak / bytes).toFixed(1)
      t.diagnostic(`${(bytes / mebibyte).toFixed(1)} MiB, x${times}: ${outcome.slice(0, 80)}`)
      assert.ok(peak <= mostBytes, `${peak} bytes, ${times} times the file`)
    })
  }
