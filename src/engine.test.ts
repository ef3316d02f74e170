import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

function run(text: string, flags: readonly string[] = []): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const script = `const { tidyUp, tuneEngine } = await import(${JSON.stringify(new URL('./engine.ts', import.meta.url).href)})\n${text}`
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', script], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('the engine knows every setting that it is given: of one that it does not know it says so and goes on', () => {
  assert.deepEqual(run('tuneEngine()'), { status: 0, stdout: '', stderr: '' })
})

test('where little is asked the heap is not collected for that: optimised code would be thrown away', () => {
  const waitsToCollect = (first: string): boolean => {
    const text = `${first}
      let kept
      for (let round = 0; round < 30; round++) {
        kept = Array.from({ length: 1e5 }, (_, i) => ({ i }))
        await new Promise((resolve) => setTimeout(resolve, 10))
      }`
    return run(text, ['--trace-memory-reducer', '--gc-memory-reducer-start-delay-ms=1']).stdout.includes('Memory reducer: waiting')
  }
  assert.deepEqual([waitsToCollect(''), waitsToCollect('tuneEngine()')], [true, false])
  // One that may have begun such a collection would end the process.
  assert.equal(waitsToCollect('tuneEngine(8_000)'), true)
})

test('tidying up gives the memory of what is left behind back to the system, and no later context a collector', () => {
  const { status, stdout, stderr } = run(`
    let garbage = Array.from({ length: 2e6 }, (_, i) => ({ i }))
    garbage = undefined
    const before = process.memoryUsage().heapTotal
    tidyUp()
    const { runInNewContext } = await import('node:vm')
    console.log(JSON.stringify([before, process.memoryUsage().heapTotal, runInNewContext('typeof gc')]))`)
  assert.deepEqual([status, stderr], [0, ''])
  const [before, after, collector] = JSON.parse(stdout) as [number, number, string]
  assert.ok(before > 64e6 && after < 32e6, `${before} bytes before, ${after} after`)
  assert.equal(collector, 'undefined')
})
