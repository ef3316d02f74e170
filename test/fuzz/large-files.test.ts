import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { modelText, stump } from '../../src/trees/model-text.test-data.ts'
import { largeShapes } from './large-shapes.ts'
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

/** Loads a file in a process whose heap has room for the promise and no more; how far the process grew, all memory counted, and what became of the file. */
function loaded(text: string): { outcome: string; bytes: number; peak: number } {
  const [small, large] = [join(folder, 'small'), join(folder, 'large')]
  writeFileSync(small, modelText([stump(), stump(), stump()]))
  writeFileSync(large, text)
  const heap = Math.ceil((limits.timesFile * text.length + floorBytes) / mebibyte)
  const flags = [`--max-old-space-size=${heap}`, '--max-semi-space-size=1']
  const out = execFileSync(process.execPath, [...flags, script, small, large], { encoding: 'utf8', timeout: 120_000, stdio: ['ignore', 'pipe', 'pipe'] })
  return JSON.parse(out) as ReturnType<typeof loaded>
}

for (const [name, shape] of Object.entries(largeShapes))
  test(`a large file of ${name} is read and built within ${limits.timesFile} times its size`, { skip }, (t) => {
    const { outcome, bytes, peak } = loaded(shape())
    const times = (peak / bytes).toFixed(1)
    t.diagnostic(`${(bytes / mebibyte).toFixed(1)} MiB, x${times}: ${outcome.slice(0, 80)}`)
    assert.ok(peak <= limits.timesFile * bytes + floorBytes, `${peak} bytes, ${times} times the file`)
  })
