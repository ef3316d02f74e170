import { nodeCommand } from '../../processes/command.ts'
import { startInferencePool } from '../process/inference-pool.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import type { ProcessInfo } from '../process/message.ts'
import { OnnxModel, type OnnxSpec } from './onnx-model.ts'

const child = new URL('./child.ts', import.meta.url)

/**
 * Loads an ONNX model into supervised processes of its own. Each input of the graph is float32, float64 or int64 and takes `[rows, columns]` or `[rows, window, columns]`; the output is a tensor
 * `[rows, outputs]`, `[rows]` for one value, or one column for two classes. Throws `model_verification_failed` and `feature_contract_mismatch` with what to do, `model_unavailable` when the load takes
 * too long, `worker_crashed` when the process dies of it, `deadline_exceeded` when `signal` aborts.
 */
export async function loadOnnx(spec: OnnxSpec, deps: ProcessDeps, signal?: AbortSignal): Promise<OnnxModel> {
  const { path, features, window, outputs, tensor, tensors, device = 'cpu', sha256, limits = {}, size = { workers: 1, spares: 0 } } = spec
  const wanted = { path, features, window, outputs, device, ...(tensor === undefined ? {} : { tensor }), ...(tensors === undefined ? {} : { tensors }) }
  const args = (first: ProcessInfo | undefined) => {
    const bound = first ? first['sha256'] : sha256
    return bound === undefined ? wanted : { ...wanted, sha256: bound }
  }
  const pool = await startInferencePool({ command: nodeCommand(child), args, limits }, size, { ...deps, ...(signal ? { signal } : {}) })
  return new OnnxModel(pool, spec)
}
