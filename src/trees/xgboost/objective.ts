import type { Transform } from '../ensemble.ts'
import type { Part } from './part.ts'
import type { Version } from './version.ts'

const { fround, log, max, min } = Math

/** XGBoost's kRtEps: how near to 0 and 1 a base score may come that is a probability, since 3.2. */
const margin = fround(1e-6)

/** log in float32, correctly rounded; glibc's logf, which XGBoost calls, misses that by one step for 3 in 1000 numbers. */
const logFloat = (x: number): number => fround(log(x))
const asIs = (x: number): number => x
const logit = (probability: number): number => -logFloat(fround(fround(1 / probability) - 1))
const logitWithin = (probability: number): number => logit(min(max(probability, margin), fround(1 - margin)))

/** An objective: what its scores become, and how a base score becomes a score (PredTransform and ProbToMargin of src/objective). */
type Row = { readonly transform: Transform; readonly link: (baseScore: number) => number; readonly isMulticlass?: true }

const plain: Row = { transform: { kind: 'identity' }, link: asIs }
const logistic: Row = { transform: { kind: 'sigmoid', slope: 1 }, link: logitWithin }
const exponential: Row = { transform: { kind: 'exponential' }, link: logFloat }
const softmax: Row = { transform: { kind: 'softmax' }, link: asIs, isMulticlass: true }

const objectives = new Map<string, Row>([
  ['reg:squarederror', plain],
  ['reg:linear', plain],
  ['reg:squaredlogerror', plain],
  ['reg:pseudohubererror', plain],
  ['reg:absoluteerror', plain],
  ['reg:quantileerror', plain],
  ['reg:logistic', logistic],
  ['binary:logistic', logistic],
  ['binary:logitraw', plain],
  ['binary:hinge', { transform: { kind: 'step' }, link: asIs }],
  ['count:poisson', exponential],
  ['reg:gamma', exponential],
  ['reg:tweedie', exponential],
  ['survival:cox', exponential],
  ['survival:aft', exponential],
  ['rank:pairwise', plain],
  ['rank:ndcg', plain],
  ['rank:map', plain],
  // softmax answers with the class in XGBoost; its probabilities say more, and are softprob's.
  ['multi:softmax', softmax],
  ['multi:softprob', softmax],
])

/** The objective of a model by name, with its transform, and with its link as it was in the version that wrote the file. Throws ModelFormatError for one that is not known. */
export function parseObjective(learner: Part, { isMulticlass, version }: { isMulticlass: boolean; version: Version }): Row & { readonly name: string } {
  const objective = learner.part('objective')
  const name = objective.text('name')
  const row = objectives.get(name)
  if (row === undefined) return objective.fail('name', `"${name.slice(0, 40)}" is not known; known are ${[...objectives.keys()].join(', ')}`)
  if ((row.isMulticlass ?? false) !== isMulticlass) objective.fail('name', `"${name}" does not fit ${isMulticlass ? 'a model with classes' : 'num_class 0'}`)
  // Until 2.0 its base score was a probability, since then it is a score, and newer versions read old files so.
  if (name === 'binary:logitraw' && version.isBefore(2, 0))
    objective.fail('name', 'is binary:logitraw of a file older than XGBoost 2.0: train again with a newer one')
  return { name, ...row, link: row === logistic && version.isBefore(3, 2) ? logit : row.link }
}
