import { readXgBoostZoo } from '../golden/xgboost/read-xgboost-zoo.ts'
import { changed, jsonOf, ubjsonOf, type Draft } from '../../src/trees/xgboost-model.test-data.ts'
import { parseXgBoostText } from '../../src/trees/xgboost/json.ts'
import { isList, type Value } from '../../src/trees/xgboost/document.ts'
import { decodeUbjson } from '../../src/trees/xgboost/ubjson.ts'

const wantedBytes = 4_500
const mostBytes = 9_000
const mostIterations = 3

const at = (draft: Draft, key: string): Draft => draft[key] as Draft
const start = (value: Draft[string], count: number): Draft[string] =>
  value === undefined || !isList(value as Value) ? value : (value as Value[] | Int32Array).slice(0, count)

/** A model without all rounds but the first ones. Files that do not say where rounds begin have a tree for each class. */
function cutTo(document: Draft, iterations: number): Draft {
  const learner = at(document, 'learner')
  const booster = at(learner, 'gradient_booster')
  const holder = booster.gbtree === undefined ? booster : at(booster, 'gbtree')
  const model = at(holder, 'model')
  const classes = Math.max(1, Number(at(learner, 'learner_model_param').num_class))
  const starts = model.iteration_indptr as ArrayLike<number> | undefined
  const trees = starts?.[Math.min(iterations, starts.length - 1)] ?? iterations * classes
  const cut = {
    gbtree_model_param: { num_trees: String(trees) },
    trees: start(model.trees, trees),
    tree_info: start(model.tree_info, trees),
    iteration_indptr: start(model.iteration_indptr, iterations + 1),
    weight_drop: start(model.weight_drop, trees),
  }
  const held = { model: cut, weight_drop: start(holder.weight_drop, trees) }
  const weight_drop = start(booster.weight_drop, trees)
  return changed(document, { learner: { gradient_booster: holder === booster ? held : { gbtree: held, weight_drop } } })
}

/** The first rounds of a model, at most three and as many as fit a few kilobytes. */
function cut<T extends { readonly length: number }>(document: Draft, write: (draft: Draft) => T): T {
  const written = Array.from({ length: mostIterations }, (_, i) => write(cutTo(document, mostIterations - i)))
  return written.find(({ length }) => length <= wantedBytes) ?? written.at(-1)!
}

const small = ({ length }: Uint8Array): boolean => length <= mostBytes
const encoded = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/** The models of the zoo as JSON, cut small: every objective but forests, dart, categories, files of old versions are among them. */
export function xgBoostJsonSeeds(): readonly Uint8Array<ArrayBuffer>[] {
  return readXgBoostZoo()
    .map(({ text }) => encoded(cut(parseXgBoostText(text) as Draft, jsonOf)))
    .filter(small)
}

/** The same as UBJSON. */
export function xgBoostUbjSeeds(): readonly Uint8Array<ArrayBuffer>[] {
  return readXgBoostZoo()
    .map(({ packed }) => Uint8Array.from(cut(decodeUbjson(packed) as Draft, ubjsonOf)))
    .filter(small)
}
