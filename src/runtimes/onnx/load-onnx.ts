import { type Command, nodeCommand } from '../../processes/command.ts'
import { deviceEnv } from '../device.ts'
import { startInferencePool } from '../process/inference-pool.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import type { ProcessInfo } from '../process/message.ts'
import { ProvenSizes } from '../process/proven-sizes.ts'
import { cudaLibrary } from './cuda-library.ts'
import { OnnxModel, type OnnxSpec } from './onnx-model.ts'

const child = new URL('./child.ts', import.meta.url)

/** The batch sizes that a process proved, and where. */
const provenBy = ({ shapes, device, version }: ProcessInfo) => ({ shapes, device, version })

/** The command of a process, and what it lacks to compute on a graphics card, as far as that can be told before. */
function commandFor({ device = 'cpu', python, libraryPath = [] }: OnnxSpec): { readonly command: Command; readonly lack?: string | undefined } {
  const command = nodeCommand(child)
  if (device === 'cpu') return { command }
  const { env, folders, lack } = cudaLibrary(python)
  return { command: { ...command, env: { ...command.env, ...env, ...deviceEnv(device, [...libraryPath, ...folders]) } }, lack }
}

/**
 * Loads an ONNX model into supervised processes of its own. Each input of the graph is float32, float64 or int64 and takes `[rows, columns]` or `[rows, window, columns]`; the output is a tensor
 * `[rows, outputs]`, `[rows]` for one value, or one column for two classes. Throws `model_verification_failed` and `feature_contract_mismatch` with what to do, `model_unavailable` when the load takes
 * too long, `worker_crashed` when the process dies of it, `deadline_exceeded` when `signal` aborts.
 */
export async function loadOnnx(spec: OnnxSpec, deps: ProcessDeps, signal?: AbortSignal): Promise<OnnxModel> {
  const { path, features, window, outputs, tensor, tensors, device = 'cpu', sha256, limits = {}, size = { workers: 1, spares: 0 } } = spec
  const wanted = { path, features, window, outputs, device, ...(tensor === undefined ? {} : { tensor }), ...(tensors === undefined ? {} : { tensors }) }
  const { command, lack } = commandFor(spec)
  const { sizes = new ProvenSizes().of(path) } = spec
  // Another process must compute the same bytes, and give a row the bits that the first one gives.
  const args = (first: ProcessInfo | undefined) => {
    if (first !== undefined) sizes.keep(first)
    const bound = first === undefined ? sha256 : first['sha256']
    return { ...wanted, ...(bound === undefined ? {} : { sha256: bound }), ...(lack === undefined ? {} : { lack }), proven: sizes.known().map(provenBy) }
  }
  const pool = await startInferencePool({ command, args, limits }, size, { ...deps, ...(signal ? { signal } : {}) })
  for (const info of pool.infos) sizes.keep(info)
  return new OnnxModel(pool, spec)
}
