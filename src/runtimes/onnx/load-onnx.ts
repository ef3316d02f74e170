import { type Command, nodeCommand } from '../../processes/command.ts'
import { deviceEnv } from '../device.ts'
import { startInferencePool } from '../process/inference-pool.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import type { ProcessInfo } from '../process/message.ts'
import { cudaLibrary } from './cuda-library.ts'
import { OnnxModel, type OnnxSpec } from './onnx-model.ts'

const child = new URL('./child.ts', import.meta.url)

/** The batch sizes that a process proved, and where. */
const provenBy = ({ shapes, device, version }: ProcessInfo) => ({ shapes, device, version })

function commandFor({ device = 'cpu', python, libraryPath = [] }: OnnxSpec): Command {
  const command = nodeCommand(child)
  if (device === 'cpu') return command
  const cuda = cudaLibrary(python)
  return { ...command, env: { ...command.env, ...cuda.env, ...deviceEnv(device, [...libraryPath, ...cuda.folders]) } }
}

/**
 * Loads an ONNX model into supervised processes of its own. Each input of the graph is float32, float64 or int64 and takes `[rows, columns]` or `[rows, window, columns]`; the output is a tensor
 * `[rows, outputs]`, `[rows]` for one value, or one column for two classes. Throws `model_verification_failed` and `feature_contract_mismatch` with what to do, `model_unavailable` when the load takes
 * too long, `worker_crashed` when the process dies of it, `deadline_exceeded` when `signal` aborts.
 */
export async function loadOnnx(spec: OnnxSpec, deps: ProcessDeps, signal?: AbortSignal): Promise<OnnxModel> {
  const { path, features, window, outputs, tensor, tensors, device = 'cpu', sha256, limits = {}, size = { workers: 1, spares: 0 } } = spec
  const wanted = { path, features, window, outputs, device, ...(tensor === undefined ? {} : { tensor }), ...(tensors === undefined ? {} : { tensors }) }
  // Another process must compute the same bytes, and give a row the bits that the first one gives.
  const args = (first: ProcessInfo | undefined) => {
    const known = first ?? spec.first
    if (known !== undefined) return { ...wanted, sha256: known['sha256'], proven: provenBy(known) }
    return sha256 === undefined ? wanted : { ...wanted, sha256 }
  }
  const pool = await startInferencePool({ command: commandFor(spec), args, limits }, size, { ...deps, ...(signal ? { signal } : {}) })
  return new OnnxModel(pool, spec)
}
