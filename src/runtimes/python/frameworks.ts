import type { ArtefactFormat } from '../../contracts/artefact-formats.ts'
import { onnxVersion } from '../onnx/cuda-library.ts'

/** A framework as pip knows it: the distribution that must be there, where only one will do its version, and the extra of the package `presage` that brings it. */
export type Framework = { readonly distribution: string; readonly version?: string; readonly extra: string }

const sklearn = { distribution: 'scikit-learn', extra: 'sklearn' }
const xgboost = { distribution: 'xgboost', extra: 'xgboost' }
const tensorflow = { distribution: 'tensorflow', extra: 'tensorflow' }
const torch = { distribution: 'torch', extra: 'pytorch' }

/** What a worker needs whatever it serves. */
export const workerItself: Framework = { distribution: 'msgpack', extra: 'worker' }

/** What an ONNX process needs to compute on a graphics card. */
export const onnxOnCuda: Framework = { distribution: 'onnxruntime-gpu', version: onnxVersion, extra: 'cuda' }

/** The frameworks that a worker needs to read a format, beside what every worker needs. */
export const frameworksOf: Readonly<Partial<Record<ArtefactFormat, readonly Framework[]>>> = {
  'sklearn-joblib': [sklearn],
  skops: [sklearn, { distribution: 'skops', extra: 'skops' }],
  lightgbm: [{ distribution: 'lightgbm', extra: 'lightgbm' }],
  'xgboost-json': [xgboost],
  'xgboost-ubj': [xgboost],
  'tensorflow-savedmodel': [tensorflow],
  keras: [tensorflow],
  torchscript: [torch],
  'torch-export': [torch],
}
