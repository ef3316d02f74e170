import { assembleTrees } from '../assemble-trees.ts'
import { nodeFlag, type Ensemble } from '../ensemble.ts'
import { ModelFormatError } from '../model-format-error.ts'
import type { ParsedTree } from '../parsed-tree.ts'
import { parseBaseScore } from './base-score.ts'
import { parseBooster } from './booster.ts'
import { emptySet } from './categories.ts'
import { parseCategoryNames } from './category-names.ts'
import type { Value } from './document.ts'
import { parseObjective } from './objective.ts'
import { Part } from './part.ts'
import { parseVersion } from './version.ts'

const mostInputs = 1_000_000
/** Features without names take space that the file does not. */
const mostUnnamed = 20_000
const mostOutputs = 100_000

function outputsOf(parameters: Part): { outputs: number; isMulticlass: boolean } {
  const classes = parameters.parameter('num_class', { min: 0, max: mostOutputs })
  const targets = parameters.parameter('num_target', { min: 0, max: mostOutputs, absent: 1 })
  if (classes > 1 && targets > 1) parameters.fail('num_target', 'is more than 1 in a model with classes')
  return { outputs: Math.max(classes, targets, 1), isMulticlass: classes > 1 }
}

function namesOf(learner: Part, inputs: number): readonly string[] {
  const names = learner.get('feature_names') === undefined ? [] : learner.texts('feature_names')
  if (names.length === 0 && inputs > mostUnnamed) learner.fail('feature_names', `is empty: a model of more than ${mostUnnamed} features names them`)
  if (names.length === 0) return Array.from({ length: inputs }, (_, i) => `f${i}`)
  return names.length === inputs ? names : learner.fail('feature_names', `has ${names.length} names for ${inputs} features`)
}

/** Inputs that some node sends by category; none may be compared as a number elsewhere. */
function categoricalInputs(trees: readonly ParsedTree[]): number[] {
  const kinds = new Map<number, boolean>()
  trees.forEach(({ feature, flags, threshold }, tree) =>
    feature.forEach((input, node) => {
      const isCategorical = (flags[node]! & nodeFlag.categorical) !== 0
      // A test that no value passes fits both kinds.
      if (isCategorical && threshold[node] === emptySet) return
      if ((kinds.get(input) ?? isCategorical) !== isCategorical)
        throw new ModelFormatError(`feature ${input} is split by category here and by value elsewhere, which XGBoost never does`, { tree })
      kinds.set(input, isCategorical)
    }),
  )
  return [...kinds].flatMap(([input, isCategorical]) => (isCategorical ? [input] : []))
}

/** A model as XGBoost saves it, decoded, as an ensemble: all of its rounds, as `Booster.predict` takes them by itself. Throws ModelFormatError. */
export function ensembleOf(document: Value): Ensemble {
  const root = new Part(document, '')
  const version = parseVersion(root)
  const learner = root.part('learner')
  const parameters = learner.part('learner_model_param')
  const inputs = parameters.parameter('num_feature', { min: 1, max: mostInputs })
  const { outputs, isMulticlass } = outputsOf(parameters)
  const { trees, model } = parseBooster(learner, { inputs, outputs })
  const { name, transform, link } = parseObjective(learner, { isMulticlass, version })
  return {
    inputs,
    outputs,
    trees: trees.length,
    ...assembleTrees(trees),
    base: parseBaseScore(parameters, outputs, link),
    roundInputs: true,
    roundSums: true,
    floorInputs: categoricalInputs(trees),
    recodings: [],
    objective: name,
    transform,
    average: false,
    featureNames: namesOf(learner, inputs),
    pandasCategories: parseCategoryNames(model),
  }
}
