import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instantiateForest } from '../../src/trees/evaluator.ts'
import { compileForest } from '../../src/trees/compile.ts'
import { parseLightGbm } from '../../src/trees/lightgbm.ts'
import { modelText } from '../../src/trees/model-text.test-data.ts'
import { writeOnnx, writePython, writeTrees } from '../../test/support/small-bundles.ts'
import { goldenInputs, writeBundle } from '../../test/support/write-bundle.ts'

/** The models that are loaded beside the one that serves: three that are measured while they load, three small ones that come and go. */
export const heavy = ['trees_1000x127', 'onnx_100mb', 'python_class'] as const
export const light = ['small_trees', 'small_onnx', 'small_python'] as const

const root = fileURLToPath(new URL('../..', import.meta.url))
export const python = join(root, '.venv/bin/python')
const leaves = 127
const splits = leaves - 1

/** A tree as full as it can be, with thresholds all over the golden rows; its numbers differ from tree to tree. */
function fullTree(tree: number) {
  const each = (count: number, value: (at: number) => number): string => Array.from({ length: count }, (_, at) => value(at)).join(' ')
  const child = (node: number): number => (node < splits ? node : splits - 1 - node)
  const noise = (at: number): number => ((at * 0.618_033_988_749 + tree * 0.754_877_666_247) * 7.3) % 1
  return {
    num_leaves: String(leaves),
    num_cat: '0',
    split_feature: each(splits, (at) => (at + tree) % 3),
    threshold: each(splits, (at) => [40_000 + 10_000 * noise(at), 1_000 + 2_000 * noise(at), 100 * noise(at)][(at + tree) % 3] as number),
    decision_type: each(splits, () => 2),
    left_child: each(splits, (at) => child(2 * at + 1)),
    right_child: each(splits, (at) => child(2 * at + 2)),
    leaf_value: each(leaves, (at) => (noise(at) - 0.5) / 100),
    leaf_weight: each(leaves, () => 1),
    leaf_count: each(leaves, () => 8),
    internal_count: each(splits, () => 16),
    shrinkage: '1',
  }
}

/** Writes the forest alone. */
export function writeForest(models: string): void {
  const names = { max_feature_idx: '2', feature_names: 'price volume rsi', feature_infos: '[0:1] [0:1] [0:1]', objective: 'binary sigmoid:1' }
  const text = modelText(
    Array.from({ length: 1_000 }, (_, tree) => fullTree(tree)),
    names,
  )
  const forest = instantiateForest(compileForest(parseLightGbm(text)))
  writeBundle(models, {
    files: { 'model.txt': text },
    manifest: { name: heavy[0], runtime: 'trees', artefact: { path: 'model.txt', format: 'lightgbm' } },
    answer(row) {
      const out = new Float64Array(1)
      forest.predict(Float64Array.from(row), out)
      return [...out]
    },
    rows: goldenInputs,
  })
}

// 25 million weights; the last layer is zero, so that the answer is known.
const program = `
import sys, numpy as np, onnx
from onnx import TensorProto, helper, numpy_helper
big = np.random.default_rng(1).normal(0, 0.01, (5000, 5000)).astype(np.float32)
parts = [numpy_helper.from_array(a, n) for a, n in ((np.zeros((3, 5000), np.float32), "first"), (big, "big"), (np.zeros((5000, 1), np.float32), "last"))]
nodes = [helper.make_node("MatMul", ["x", "first"], ["a"]), helper.make_node("MatMul", ["a", "big"], ["b"]), helper.make_node("MatMul", ["b", "last"], ["c"]), helper.make_node("Sigmoid", ["c"], ["p"])]
value = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width])
model = helper.make_model(helper.make_graph(nodes, "big", [value("x", 3)], [value("p", 1)], parts), opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 9
onnx.save(model, sys.argv[1])
`

/** Writes the 100 MB file alone. */
export const writeBigGraph = (file: string): void => void execFileSync(python, ['-c', program, file], { stdio: 'inherit' })

function writeBigOnnx(models: string): void {
  const file = join(models, '.big.onnx')
  writeBigGraph(file)
  writeBundle(models, {
    files: { 'model.onnx': readFileSync(file) },
    manifest: { name: heavy[1], runtime: 'onnx', artefact: { path: 'model.onnx', format: 'onnx' } },
    answer: () => [0.5, 0.5],
  })
}

/** Writes all of them and the example that serves. */
export function writeBundles(models: string): void {
  cpSync(join(root, 'examples/models/momentum/1.2.3'), join(models, 'momentum/1.2.3'), { recursive: true })
  writeForest(models)
  writeBigOnnx(models)
  writePython(models, { name: heavy[2], up: 0.4 })
  writeTrees(models, { name: light[0], up: 0.4 })
  writeOnnx(models, { name: light[1] })
  writePython(models, { name: light[2], up: 0.4 })
}
