import type { CalibrationSpec, Manifest, ReliabilitySpec } from '../contracts/manifest.ts'

/** Knots of a piecewise linear function, each list with the pointer to where it stands. */
type Knots = { readonly x: readonly [at: string, values: readonly number[]]; readonly y: readonly [at: string, values: readonly number[]] }

/** Both lists are read by position: what has no partner or goes back would be interpolated to something that nobody measured. */
function knotProblems({ x: [xAt, xs], y: [yAt, ys] }: Knots): string[] {
  const lengths = xs.length === ys.length ? [] : [`${yAt} must have as many knots as ${xAt}, ${xs.length}, not ${ys.length}`]
  const flat = xs.findIndex((value, i) => i > 0 && value <= (xs[i - 1] as number))
  const rises = flat < 0 ? [] : [`${xAt}/${flat} must be above the knot before it, ${xs[flat - 1]}, not ${xs[flat]}: knots rise`]
  const wrong = ys.findIndex((value) => value < 0 || value > 1)
  const chances = wrong < 0 ? [] : [`${yAt}/${wrong} must be a probability between 0 and 1, not ${ys[wrong]}`]
  return [...lengths, ...rises, ...chances]
}

const reliabilityProblems = (at: string, { probability, success }: ReliabilitySpec): string[] =>
  knotProblems({ x: [`${at}/probability`, probability], y: [`${at}/success`, success] })

const calibrationProblems = (spec: CalibrationSpec | undefined): string[] =>
  spec?.kind === 'isotonic' ? knotProblems({ x: ['/output/calibration/x', spec.x], y: ['/output/calibration/y', spec.y] }) : []

/** What the schema cannot say of the tables between a model's output and its confidence: lists that belong together, knots that rise, values that are probabilities. */
export const tableProblems = ({ calibration, reliability }: Pick<Manifest['output'], 'calibration' | 'reliability'>): string[] => [
  ...calibrationProblems(calibration),
  ...Object.entries(reliability ?? {}).flatMap(([which, table]) => reliabilityProblems(`/output/reliability/${which}`, table)),
]
