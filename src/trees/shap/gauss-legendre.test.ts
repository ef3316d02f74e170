import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gaussLegendre } from './gauss-legendre.ts'

test('powers below twice the number of points are integrated to the last digits, the next one is not', () => {
  for (const count of [1, 2, 3, 4, 8, 16, 40]) {
    const { points, weights } = gaussLegendre(count)
    const integral = (power: number): number => points.reduce((sum, x, i) => sum + weights[i]! * x ** power, 0)
    for (let power = 0; power < 2 * count; power++)
      assert.ok(Math.abs(integral(power) * (power + 1) - 1) < 1e-13, `${count} points, power ${power}: ${integral(power) * (power + 1)}`)
    if (count <= 8) assert.ok(Math.abs(integral(2 * count) * (2 * count + 1) - 1) > 1e-10)
  }
})

test('points lie inside the interval, in order, and weights are positive', () => {
  const { points, weights } = gaussLegendre(200)
  assert.ok(points.every((x, i) => x > (points[i - 1] ?? 0) && x < 1))
  assert.ok(weights.every((weight) => weight > 0))
})
