import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { pathOf } from '../../support/pages.ts'

/** The form in which a model must be served, and how far its answers may be from the framework's own: 0 is bit for bit those that it gives to rows alone or among others. */
export type Served = { readonly runtime: string; readonly format: string; readonly within: number }

/** A script of examples/, the Python modules that it needs, and what becomes of the models that it saves. */
export type FrameworkExample = { readonly script: string; readonly modules: readonly string[]; readonly saves: Readonly<Record<string, Served>> }

const worker = ['numpy', 'msgpack']
const toOnnx = ['onnxruntime', 'onnx', 'onnxscript']
// Single precision, in which XGBoost and the networks give their probabilities.
const float32 = 1e-6

/** One example for every framework. */
export const frameworkExamples: readonly FrameworkExample[] = [
  {
    script: 'train_lightgbm.py',
    modules: ['lightgbm', 'sklearn'],
    saves: { lightgbm_trees: { runtime: 'trees', format: 'lightgbm', within: 1e-12 } },
  },
  { script: 'train_xgboost.py', modules: ['xgboost', 'sklearn'], saves: { xgboost_trees: { runtime: 'trees', format: 'xgboost-ubj', within: float32 } } },
  {
    script: 'train_sklearn.py',
    modules: ['sklearn', 'skops', 'skl2onnx', 'onnxruntime', ...worker],
    saves: {
      sklearn_network: { runtime: 'onnx', format: 'onnx', within: 1e-12 },
      sklearn_kernel: { runtime: 'python', format: 'skops', within: 0 },
    },
  },
  { script: 'train_custom.py', modules: worker, saves: { analogues: { runtime: 'python', format: 'python-class', within: 0 } } },
  {
    script: 'train_torch.py',
    modules: ['torch', ...toOnnx, ...worker],
    saves: {
      torch_network: { runtime: 'onnx', format: 'onnx', within: float32 },
      torch_original: { runtime: 'python', format: 'torch-export', within: 0 },
    },
  },
  {
    script: 'train_keras.py',
    modules: ['keras', 'tensorflow', 'tf2onnx', 'torch', ...toOnnx, ...worker],
    saves: {
      keras_network: { runtime: 'onnx', format: 'onnx', within: float32 },
      keras_original: { runtime: 'python', format: 'tensorflow-savedmodel', within: float32 },
    },
  },
]

/** A model that was trained and saved, and P(up) by its framework for rows of the matrix that it has not seen: asked alone, and among others. */
export type Told = {
  readonly name: string
  readonly answers: readonly { readonly closeTime: number; readonly row: readonly number[]; readonly up: readonly number[] }[]
}

const run = promisify(execFile)

/** A folder for models, and a way to train examples into it, all on one matrix that the first of them exports. */
export class Workshop {
  readonly models: string
  readonly #matrix: string
  #exported: Promise<unknown> | undefined

  constructor(t: TestContext) {
    const folder = mkdtempSync(join(tmpdir(), 'presage-frameworks-'))
    t.after(() => rmSync(folder, { recursive: true }))
    this.models = join(folder, 'models')
    this.#matrix = join(folder, 'matrix.csv')
  }

  /** Trains and saves in Python; what the framework says of each model that was saved. */
  async train(python: string, script: string): Promise<readonly Told[]> {
    // One thread, as in a worker: sums are made in the same order.
    const env = { ...process.env, PYTHONPATH: pathOf('examples'), PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: '' }
    const exporting = 'import sys, pathlib; from urth import exported; exported(pathlib.Path(sys.argv[1]))'
    await (this.#exported ??= run(python, ['-c', exporting, this.#matrix], { env }))
    const { stdout } = await run(python, [pathOf('test/e2e/support/train_and_tell.py'), script, this.#matrix, this.models], { env })
    return JSON.parse(stdout) as readonly Told[]
  }
}
