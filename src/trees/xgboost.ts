import type { Ensemble } from './ensemble.ts'
import { ModelFormatError } from './model-format-error.ts'
import { parseXgBoostText } from './xgboost/json.ts'
import { ensembleOf } from './xgboost/model.ts'
import { decodeUbjson } from './xgboost/ubjson.ts'

const firstOf = { json: '{', ubjson: '{L' } as const

/**
 * An XGBoost model that `save_model` wrote as JSON (since XGBoost 1.0) as an ensemble whose interpretation gives the raw scores of `Booster.predict` bit for bit, as far as
 * the C library rounds the logarithm of its base score correctly: all rounds, also beyond `best_iteration`; missing values are NaN. multi:softmax answers with probabilities. Throws ModelFormatError, with the tree, on anything that XGBoost's format
 * does not promise; time and memory are linear in the text.
 */
export function parseXgBoostJson(text: string): Ensemble {
  if (!text.trimStart().startsWith(firstOf.json)) throw new ModelFormatError(`a JSON model begins with "{": save the model again with save_model('model.json')`)
  return ensembleOf(parseXgBoostText(text))
}

/** As parseXgBoostJson, of a model that `save_model` wrote as UBJSON (since XGBoost 1.6). The binary format of old, which has no extension of its own, is refused. */
export function parseXgBoostUbj(bytes: Uint8Array): Ensemble {
  if (String.fromCharCode(...bytes.subarray(0, 2)) !== firstOf.ubjson)
    throw new ModelFormatError(
      `a UBJSON model begins with "{L"; if this is XGBoost's old binary format, load it with XGBoost 3.0 or older and save it with save_model('model.ubj')`,
    )
  return ensembleOf(decodeUbjson(bytes))
}
