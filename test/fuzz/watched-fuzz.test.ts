import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchedFuzz } from './watched-fuzz.ts'

const list = new URL('planted-formats.test-data.ts', import.meta.url)
const planted = (format: string, cases = 1) => watchedFuzz({ list, format, seed: 40, cases, ...(format === 'hangs' ? { stuckMs: 3000 } : {}) })

test('a reader that keeps the promise passes', async () => {
  const { failures, verdicts } = await planted('sound', 8)
  assert.deepEqual(failures, [])
  assert.deepEqual(verdicts, { refused: 0, accepted: 6, compiled: 2 })
})

const broken: Readonly<Record<string, RegExp>> = {
  throws: /threw TypeError: planted/,
  vague: /does not say where: planted/,
  verbose: /message has \d{4} characters/,
  slow: /took 1\d{3} ms of CPU/,
  hungry: /parsing \d+ bytes allocated 2\d{6}/,
  wasteful: /made the engine collect garbage/,
  hangs: /no answer within 3000 ms/,
  exhausts: /SIGABRT: FATAL ERROR: .*heap/i,
  crashes: /SIGABRT/,
  differs: /bit-slab gives \d+ for output 0, the interpreter \d+/,
}

for (const [format, message] of Object.entries(broken))
  test(`a reader that ${format} fails, with the seed`, async () => {
    const { failures } = await planted(format)
    assert.equal(failures.length, 1)
    assert.equal(failures[0]!.seed, 40)
    assert.match(failures[0]!.message, message)
  })

test('a run goes on behind a case that killed its process, and ends after ten failures', async () => {
  assert.deepEqual(
    (await planted('crashes', 3)).failures.map(({ seed }) => seed),
    [40, 41, 42],
  )
  assert.equal((await planted('throws', 100)).failures.length, 10)
})

test('a format that is not in the list is an error', async () => {
  await assert.rejects(planted('none'), /outside of a case: .*no format "none"/s)
})
