import type { ParsedTree } from '../parsed-tree.ts'
import { wordBudget } from './categories.ts'
import { Part } from './part.ts'
import { parseTree } from './tree.ts'

/** What a model's trees depend on. */
export type Shape = { readonly inputs: number; readonly outputs: number }

const kinds = ['gbtree', 'dart']

/** The objects that hold the trees and, in dart, their weights. */
function findTrees(learner: Part): { model: Part; weights: ArrayLike<number> | undefined } {
  const booster = learner.part('gradient_booster')
  const name = booster.text('name')
  if (name === 'gblinear') booster.fail('name', 'is gblinear, a linear model without trees: train with booster="gbtree" or "dart"')
  if (!kinds.includes(name)) booster.fail('name', `"${name.slice(0, 40)}" is not known; known are ${kinds.join(', ')}`)
  const model = (name === 'dart' ? booster.part('gbtree') : booster).part('model')
  // Since XGBoost 3.4 the weights stand beside the trees.
  const holder = [model, booster].find((part) => part.get('weight_drop') !== undefined)
  if (holder === undefined && name === 'dart') booster.fail('weight_drop', 'is missing')
  return { model, weights: holder?.numbers('weight_drop') }
}

function parseTrees(model: Part, inputs: number): ParsedTree[] {
  const list = model.list('trees')
  const count = model.part('gbtree_model_param').parameter('num_trees', { min: 0, max: 2 ** 31 - 1 })
  if (list.length !== count) model.fail('trees', `has ${list.length} trees, not ${count}`)
  if (count === 0) model.fail('trees', 'is empty: the model has no trees')
  const budget = wordBudget()
  return Array.from(list, (value, t) => {
    const part = new Part(value, `trees[${t}]`, t)
    if (part.get('id') !== t) part.fail('id', `is not ${t}`)
    return parseTree(part, { inputs, budget })
  })
}

/** XGBoost multiplies leaf and weight in float32 before it adds. */
function weighed(trees: readonly ParsedTree[], weights: ArrayLike<number>, model: Part): ParsedTree[] {
  if (weights.length !== trees.length) model.fail('weight_drop', `has ${weights.length} weights for ${trees.length} trees`)
  return trees.map((tree, t) => {
    const weight = Math.fround(weights[t]!)
    if (!Number.isFinite(weight)) model.fail('weight_drop', `has ${weight} at ${t}`)
    return { ...tree, leafValues: tree.leafValues.map((values) => values.map((value) => Math.fround(value * weight))) }
  })
}

function checkRounds(model: Part, trees: number): void {
  // Files older than XGBoost 2.0 do not say where a round begins.
  if (model.get('iteration_indptr') === undefined) return
  const starts = model.wholes('iteration_indptr', { min: 0, max: trees })
  const rises = starts.every((start, i) => i === 0 || start >= starts[i - 1]!)
  if (starts[0] !== 0 || starts.at(-1) !== trees || !rises) model.fail('iteration_indptr', `does not rise from 0 to ${trees}`)
}

/** Trees in turn for output 0, 1, 2, ... as Ensemble wants them; each output's keep their order. */
function inTurn(trees: readonly ParsedTree[], model: Part, outputs: number): ParsedTree[] {
  const info = model.wholes('tree_info', { min: 0, max: outputs - 1 }, trees.length)
  const byOutput: ParsedTree[][] = Array.from({ length: outputs }, () => [])
  trees.forEach((tree, t) => byOutput[info[t]!]!.push(tree))
  const rounds = trees.length / outputs
  const uneven = byOutput.findIndex((own) => own.length !== rounds)
  if (uneven >= 0)
    model.fail('tree_info', `gives output ${uneven} ${byOutput[uneven]!.length} of ${trees.length} trees, but all ${outputs} outputs have as many`)
  return Array.from({ length: trees.length }, (_, t) => byOutput[t % outputs]![Math.floor(t / outputs)]!)
}

/** All trees of the gradient booster in Ensemble's order, weighed where dart dropped some, with the object that held them. Throws ModelFormatError. */
export function parseBooster(learner: Part, { inputs, outputs }: Shape): { readonly trees: ParsedTree[]; readonly model: Part } {
  const { model, weights } = findTrees(learner)
  const trees = parseTrees(model, inputs)
  checkRounds(model, trees.length)
  return { trees: inTurn(weights === undefined ? trees : weighed(trees, weights, model), model, outputs), model }
}
