import { meant } from '../contracts/nearest-names.ts'
import type { ModelEntry } from './model-entry.ts'

const isOnnx = ({ slots }: ModelEntry): boolean => [...slots.values()].some(({ file }) => file.manifest.runtime === 'onnx')

/** What is wrong with the names of `models.onnxInServer`: those that would be ignored without a word. */
export function inServerProblems(names: readonly string[], entries: readonly ModelEntry[]): string[] {
  const onnx = entries.filter(isOnnx).map(({ name }) => name)
  return names
    .filter((name) => !onnx.includes(name))
    .map((name) => {
      const why = entries.some((entry) => entry.name === name)
        ? 'which is no ONNX model: it is computed as it would be without'
        : `which is no model of the models folder${meant(name, onnx)}`
      return `models.onnxInServer names ${name}, ${why}`
    })
}
