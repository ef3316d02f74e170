import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formats } from './formats.ts'
import { watchedFuzz } from './watched-fuzz.ts'

/** Mutants of all formats together: many where everything is tested, few on a desk. `npm run fuzz` makes more. */
const mutants = process.env.CI === undefined ? 5_000 : 100_000

for (const { name } of formats)
  test(`damaged ${name} files are refused with their place, or answer alike in every engine; none crashes, hangs or takes more than its share of memory`, async () => {
    const cases = Math.ceil(mutants / formats.length)
    const { failures, verdicts } = await watchedFuzz({ list: new URL('formats.ts', import.meta.url), format: name, seed: 0, cases })
    assert.deepEqual(
      failures.map(({ seed, message }) => `npm run fuzz -- --format ${name} --seed ${seed} --cases 1: ${message}`),
      [],
    )
    assert.equal(verdicts.refused + verdicts.accepted + verdicts.compiled, cases)
    for (const [verdict, count] of Object.entries(verdicts)) assert.ok(count > cases / 50, `only ${count} of ${cases} were ${verdict}`)
  })
