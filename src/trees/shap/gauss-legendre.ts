/** Points in (0, 1) and their weights, which sum to 1. */
export type Quadrature = { readonly points: Float64Array; readonly weights: Float64Array }

/** The Legendre polynomial of a degree and its derivative at x, by Bonnet's recursion. */
function legendre(degree: number, x: number): { value: number; slope: number } {
  let [before, value] = [0, 1]
  for (let n = 0; n < degree; n++) [before, value] = [value, ((2 * n + 1) * x * value - n * before) / (n + 1)]
  return { value, slope: (degree * (x * value - before)) / (x * x - 1) }
}

/** Gauss-Legendre quadrature on [0, 1]: the weighted sum over `count` points is the integral of every polynomial of degree < 2 x count. */
export function gaussLegendre(count: number): Quadrature {
  const points = new Float64Array(count)
  const weights = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5))
    // Newton's steps converge quadratically from Tricomi's guess; the sixth changes nothing any more.
    for (let step = 0; step < 6; step++) {
      const { value, slope } = legendre(count, x)
      x -= value / slope
    }
    points[i] = (1 - x) / 2
    weights[i] = 1 / ((1 - x * x) * legendre(count, x).slope ** 2)
  }
  return { points, weights }
}
