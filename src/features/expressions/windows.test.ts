import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { noFlow } from '../../contracts/flow.ts'
import { definitions } from './testing/on-arrays.ts'
import { windows } from './windows.ts'

type Name = keyof typeof windows

/** A function over values, the first `lag` of which do not exist; goes on in a copy of its state from bar `cut` on. */
function stream(
  name: Name,
  { length, lag, values }: { readonly length: number; readonly lag: number; readonly values: readonly number[] },
  cut: number,
): number[] {
  const from = 3
  const running = windows[name](length, { from, lag })
  let state = new Float64Array(running.end)
  return values.map((value, i) => {
    if (i === cut) state = Float64Array.from(state)
    const input = { open: 0, high: 0, low: 0, close: 0, volume: 0, openTime: i, closeTime: i + 1, partnerClose: NaN, flow: noFlow, index: 950 + i, run: i + 1 }
    return i < lag ? NaN : running.next(state, value, input)
  })
}

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -400, max: 400 }).map((x) => 1_000 + x / 8) },
  { weight: 2, arbitrary: fc.constant(1_000) },
  { weight: 1, arbitrary: fc.constant(NaN) },
)

for (const name of Object.keys(windows) as Name[]) {
  describe(name, () => {
    const least = name === 'std' || name === 'zscore' || name === 'rank' ? 2 : 1

    test('is its definition over arrays, values that are not there included, and goes on in a copy of its state', () => {
      fc.assert(
        fc.property(fc.array(value, { maxLength: 200 }), fc.integer({ min: least, max: 12 }), fc.nat(20), (known, length, lag) => {
          const values = [...Array.from({ length: lag }, () => NaN), ...known]
          const streamed = stream(name, { length, lag, values }, values.length >> 1)
          const expected = definitions[name](values, length)
          for (const [i, seen] of streamed.entries()) {
            const wanted = expected[i] as number
            assert.equal(Number.isNaN(seen), Number.isNaN(wanted), `bar ${i}: ${seen} for ${wanted}`)
            assert.ok(Number.isNaN(seen) || Math.abs(seen - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted)), `bar ${i}: ${seen} for ${wanted}`)
          }
        }),
        { numRuns: 150 },
      )
    })
  })
}
