import { refuse } from '../../contracts/model-refusal.ts'
import { givenUp } from '../process/given-up.ts'
import type { ProcessDeps } from '../process/inference-process.ts'
import type { BatchShape } from './batch-shapes.ts'
import { loadOnnx } from './load-onnx.ts'
import { readElsewhere } from './read-model-file.ts'
import { type OnnxInfo, OnnxModel, type OnnxSpec } from './onnx-model.ts'
import { ServerGraph } from './server-graph.ts'
import type { Turns } from './turns.ts'

/** The longest that one run may hold everybody else up. */
const mostRunMs = 1
const remedy = 'Take the model off the setting models.onnxInServer: a process of its own computes it as well.'

/** The batch sizes at which a run holds nobody up for long. Throws `model_verification_failed` where there are none, or nobody knows. */
export function briefShapes({ controlFlow, shapes }: Pick<OnnxInfo, 'controlFlow' | 'shapes'>): readonly BatchShape[] {
  if (controlFlow.length > 0)
    throw refuse(`The graph has ${controlFlow.join(', ')}: nobody knows how long it takes, and it would stop the whole server. ${remedy}`)
  const brief = shapes.filter(({ ms }) => ms <= mostRunMs)
  if (brief.length > 0) return brief
  throw refuse(
    `The smallest run of the graph takes ${shapes[0]?.ms.toFixed(1)} ms, and nobody else is answered meanwhile; at most ${mostRunMs} ms is served inside the server. ${remedy}`,
  )
}

/** What is known of a model that was loaded in a process, which has ended: a file that crashes or hangs the library does it there. */
async function tried(spec: OnnxSpec, deps: ProcessDeps, signal: AbortSignal): Promise<OnnxInfo> {
  const model = await loadOnnx({ ...spec, size: { workers: 1, spares: 0 } }, deps, signal)
  const { info } = model
  await model.dispose()
  return info
}

/**
 * Loads a small ONNX model to be computed in this process, once it has proven itself in a process of its own. Throws what `loadOnnx` throws, and `model_verification_failed` for what could hold up the
 * server: control flow, a run of more than 1 ms, another device.
 */
export async function loadInServer(spec: OnnxSpec, deps: ProcessDeps & { readonly turns: Turns }, signal: AbortSignal): Promise<OnnxModel> {
  if (spec.device === 'cuda') throw refuse(`The model asks for a graphics card (execution.device), the server itself computes on the CPU alone. ${remedy}`)
  const info = await tried(spec, deps, signal)
  const shapes = briefShapes(info)
  // The library is loaded by servers that are asked to run it.
  const { openModel } = await import('./open-model.ts')
  const args = { ...spec, device: 'cpu', sha256: info.sha256, proven: [{ ...info, shapes }] } as const
  const opened = await openModel(args, { log: (line) => deps.log({ stream: 'stderr', line }), read: readElsewhere })
  const graph = new ServerGraph(opened, deps)
  if (!signal.aborted) return new OnnxModel(graph, spec)
  await graph.dispose()
  throw givenUp(signal)
}
