import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CalibrationSpec } from '../contracts/manifest.ts'
import { makeCalibration } from './calibration.ts'

const calibrated = (spec: CalibrationSpec | undefined, row: readonly number[]): number[] => {
  const copy = Float64Array.from(row)
  makeCalibration(spec)(copy)
  return [...copy]
}
const near = (actual: readonly number[], expected: readonly number[]): void =>
  actual.forEach((value, i) => assert.ok(Math.abs(value - (expected[i] as number)) < 1e-12, `${actual.join()} is not ${expected.join()}`))

test('no calibration leaves the row as it is', () => {
  assert.deepEqual(calibrated(undefined, [0.3, 0.7]), [0.3, 0.7])
  assert.deepEqual(calibrated({ kind: 'none' }, [0.2, 0.3, 0.5]), [0.2, 0.3, 0.5])
})

test('Platt scaling is a sigmoid of the logit: a = 1, b = 0 changes nothing, b moves even odds to sigmoid(b)', () => {
  near(calibrated({ kind: 'platt', a: 1, b: 0 }, [0.3, 0.7]), [0.3, 0.7])
  near(calibrated({ kind: 'platt', a: 2, b: 1 }, [0.5, 0.5]), [1 - 0.7310585786300049, 0.7310585786300049])
})

test('isotonic calibration reads the knots, clamped', () => {
  near(calibrated({ kind: 'isotonic', x: [0.2, 0.8], y: [0.4, 0.6] }, [0.5, 0.5]), [0.5, 0.5])
  near(calibrated({ kind: 'isotonic', x: [0.2, 0.8], y: [0.4, 0.6] }, [0.05, 0.95]), [0.4, 0.6])
})

test('temperature is softmax(log p / t): 2 takes square roots', () => {
  near(calibrated({ kind: 'temperature', t: 2 }, [0.2, 0.8]), [1 / 3, 2 / 3])
})

test('calibrated rows sum to 1 and stay within 0 and 1, at the ends too', () => {
  const specs = fc.constantFrom<CalibrationSpec>(
    { kind: 'platt', a: 1.7, b: -0.3 },
    { kind: 'platt', a: 0, b: 1 },
    { kind: 'isotonic', x: [0, 1], y: [0.1, 0.9] },
    { kind: 'temperature', t: 0.5 },
  )
  fc.assert(
    fc.property(
      specs,
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 5 }).filter((parts) => parts.some((part) => part > 0)),
      (spec, parts) => {
        const total = parts.reduce((sum, part) => sum + part, 0)
        const row = calibrated(
          spec,
          parts.map((part) => part / total),
        )
        assert.ok(
          row.every((p) => p >= 0 && p <= 1),
          row.join(),
        )
        assert.ok(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-9)
      },
    ),
  )
})
