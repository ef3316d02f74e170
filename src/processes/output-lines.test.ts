import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { captureLines } from './output-lines.ts'

/** The lines that come of these chunks, one chunk a second. */
async function linesOf(chunks: readonly string[]): Promise<string[]> {
  let ms = 0
  const source = new PassThrough()
  const lines: string[] = []
  captureLines('stdout', source, { clock: { now: () => ms, monotonic: () => ms }, log: ({ line }) => lines.push(line) })
  for (const chunk of chunks) {
    ms += 1_000
    const read = once(source, 'data')
    source.write(chunk)
    await read
  }
  const ended = once(source, 'end')
  source.end()
  await ended
  return lines
}

test('lines are put together from chunks, the last one without its end', async () => {
  assert.deepEqual(await linesOf(['a', 'b\nc\n', '\nd']), ['ab', 'c', '', 'd'])
})

test('a line without end takes no memory without end', async () => {
  const lines = await linesOf(['x'.repeat(10_000), 'y'.repeat(10_000), '\n'])
  assert.deepEqual(
    lines.map((line) => line.length),
    [2_000],
  )
})

test('beyond 100 lines a second lines are dropped, and said to be', async () => {
  const lines = await linesOf(['a\n'.repeat(150), 'b\n'])
  assert.equal(lines.length, 102)
  assert.deepEqual(lines.slice(-2), ['(50 more lines were dropped)', 'b'])
})
