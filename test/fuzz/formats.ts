import { parseLightGbm } from '../../src/trees/lightgbm.ts'
import type { Ensemble } from '../../src/trees/ensemble.ts'
import type { ModelFormatError } from '../../src/trees/model-format-error.ts'
import { parseSklearnTrees } from '../../src/trees/sklearn.ts'
import { parseXgBoostJson, parseXgBoostUbj } from '../../src/trees/xgboost.ts'
import { lightGbmSeeds } from './lightgbm-seeds.ts'
import { jsonMutations } from './mutate-json.ts'
import { lineMutations } from './mutate-lines.ts'
import { ofText, type ByteMutation, type Bytes } from './mutate.ts'
import { ubjsonMutations } from './mutate-ubjson.ts'
import { sklearnSeeds } from './sklearn-seeds.ts'
import { xgBoostJsonSeeds, xgBoostUbjSeeds } from './xgboost-seeds.ts'

/** A format that is fuzzed: real small files, what reads them, how their structure is changed, and whether an error says where the fault lies. */
export type FuzzedFormat = {
  readonly name: string
  readonly seeds: () => readonly Bytes[]
  readonly parse: (bytes: Uint8Array) => Ensemble
  readonly mutations: readonly ByteMutation[]
  readonly isLocated: (error: ModelFormatError) => boolean
}

/** Faults outside of trees name the key, or say where the text is no JSON of a model. */
const [ofKey, ofJson] = [
  /^(?:the model|version|learner)[\w.[\]]* |^"\w+"|^the model has (?:no|an unknown key) "/,
  /^the file is not JSON|^a (?:UB)?JSON model begins with/,
]
const namesKey = ({ tree, message }: ModelFormatError): boolean => tree !== undefined || ofKey.test(message) || ofJson.test(message)

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Every format that the tree engine reads: a row each. */
export const formats: readonly FuzzedFormat[] = [
  {
    name: 'lightgbm',
    seeds: lightGbmSeeds,
    parse: (bytes) => parseLightGbm(text(bytes)),
    mutations: ofText(lineMutations),
    isLocated: ({ line }) => line !== undefined,
  },
  {
    name: 'xgboost-json',
    seeds: xgBoostJsonSeeds,
    parse: (bytes) => parseXgBoostJson(text(bytes)),
    mutations: ofText(jsonMutations),
    isLocated: namesKey,
  },
  {
    name: 'xgboost-ubj',
    seeds: xgBoostUbjSeeds,
    parse: parseXgBoostUbj,
    mutations: ubjsonMutations,
    isLocated: (error) => namesKey(error) || /^byte \d+ of the UBJSON: /.test(error.message),
  },
  {
    name: 'sklearn-trees',
    seeds: sklearnSeeds,
    parse: (bytes) => parseSklearnTrees(text(bytes)),
    mutations: ofText(jsonMutations),
    isLocated: namesKey,
  },
]
