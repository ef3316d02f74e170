import { env, type InferenceSession } from 'onnxruntime-node'
import { ServingError } from '../../contracts/error.ts'
import type { ProcessModel } from '../process/serve-inference.ts'
import { OnnxGraph } from './onnx-graph.ts'
import { type Device, firstLine, openSession } from './open-session.ts'
import { readModelFile } from './read-model-file.ts'
import { scanModel } from './scan-model.ts'
import { signatureOf, type Wanted } from './signature.ts'
import { refuse, type ValueInfo } from './value-info.ts'

/** What the process is told to open; with `sha256`, only these bytes. */
export type OpenArgs = Wanted & { readonly path: string; readonly device: Device; readonly sha256?: string | undefined }

async function readChecked({ path, sha256 }: OpenArgs): Promise<{ readonly bytes: Uint8Array; readonly sha256: string }> {
  const file = await readModelFile(path)
  if (sha256 === undefined || sha256 === file.sha256) return file
  throw refuse('The model file is not the one that was verified: its SHA-256 differs. Restore it, or publish the change as a new version.')
}

/** What is known of a value that is no tensor is its name. */
const valueInfo = (value: InferenceSession.ValueMetadata): ValueInfo =>
  value.isTensor ? { name: value.name, type: value.type, shape: value.shape } : { name: value.name }

/** Opens, checks and warms up a model inside its process. Throws `model_verification_failed` or `feature_contract_mismatch` with the fix. */
export async function openModel(args: OpenArgs): Promise<ProcessModel> {
  const { bytes, sha256 } = await readChecked(args)
  scanModel(bytes)
  const { session, ...runsOn } = await openSession(bytes, args.device)
  if (runsOn.fallback !== undefined) process.stderr.write(`The model asks for ${args.device}, the ${runsOn.device} computes it: ${runsOn.fallback}\n`)
  const inputs = session.inputMetadata.map(valueInfo)
  const outputs = session.outputMetadata.map(valueInfo)
  const signature = signatureOf(inputs, outputs, args)
  const graph = new OnnxGraph(session, signature, args)
  const columns = await graph.warmUp(args.outputs)
  return {
    info: { inputs, outputs, signature, columns, shapes: graph.shapes, sha256, version: env.versions.node, ...runsOn },
    async call(tensors, until) {
      try {
        return [await graph.call(tensors, until)]
      } catch (error) {
        if (error instanceof ServingError) throw error
        process.stderr.write(`The model failed on a call: ${firstLine(error)}\n`)
        throw new ServingError('model_output_invalid', 'The model failed on these rows; the server log has its message', { cause: error })
      }
    },
  }
}
