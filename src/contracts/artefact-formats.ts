import type { RuntimeKind } from './loaded-model.ts'

const treeFormats = ['lightgbm', 'xgboost-json', 'xgboost-ubj'] as const
const formatTable = {
  trees: [...treeFormats, 'sklearn-trees'],
  onnx: ['onnx'],
  python: [...treeFormats, 'sklearn-joblib', 'skops', 'tensorflow-savedmodel', 'keras', 'torchscript', 'torch-export', 'python-class'],
  module: ['esm'],
  remote: ['oip'],
} as const satisfies Record<RuntimeKind, readonly string[]>
/** How an artefact is written. */
export type ArtefactFormat = (typeof formatTable)[RuntimeKind][number]
/** The formats that each runtime executes. */
export const formatsOf: Readonly<Record<RuntimeKind, readonly ArtefactFormat[]>> = formatTable
/** Every `ArtefactFormat`, once. */
export const artefactFormats: readonly ArtefactFormat[] = [...new Set(Object.values(formatsOf).flat())]

/** Formats whose reading can run whatever their author wrote: off unless `models.allowUnsafeFormats`. */
export const unsafeFormats: readonly ArtefactFormat[] = ['sklearn-joblib', 'torch-export', 'python-class']
