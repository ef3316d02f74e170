import { env, type InferenceSession } from 'onnxruntime-node'
import { ServingError } from '../../contracts/error.ts'
import { firstLine } from '../../contracts/first-line.ts'
import { refuse } from '../../contracts/model-refusal.ts'
import { giveBack } from '../../processes/large-memory.ts'
import type { Device } from '../device.ts'
import type { Tensor } from '../process/tensor.ts'
import { OnnxGraph, type Step } from './onnx-graph.ts'
import type { OnnxInfo } from './onnx-model.ts'
import { openSession } from './open-session.ts'
import { type ReadPiece, readModelFile } from './read-model-file.ts'
import { scanModel } from './scan-model.ts'
import { signatureOf, type Wanted } from './signature.ts'
import type { ValueInfo } from './value-info.ts'

/** Batch sizes of a graph that were proven, and where: another device or version may answer otherwise at them. */
export type ProvenShapes = Pick<OnnxInfo, 'shapes' | 'device' | 'version'>

/** What is opened; with `sha256`, only these bytes, and to be run at those `proven` sizes that were proven here; `lack` is what is missing for a graphics card. */
export type OpenArgs = Wanted & {
  readonly path: string
  readonly device: Device
  readonly sha256?: string | undefined
  readonly proven?: readonly ProvenShapes[]
  readonly lack?: string | undefined
}

/** Where lines for people go, and how the file is read: by who has nothing else to do, or by who answers others. */
type OpenDeps = { readonly log: (line: string) => void; readonly read: ReadPiece }

/** A graph that is ready: what it is, one call, and its end. */
export type OpenedModel = {
  readonly info: OnnxInfo
  /** Throws what the step throws, and `model_output_invalid`. */
  call(tensors: readonly Tensor[], step: Step): Promise<readonly Tensor[]>
  release(): Promise<void>
}

const versionHere = env.versions.node ?? ''

async function readChecked({ path, sha256 }: OpenArgs, read: ReadPiece): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly sha256: string }> {
  const file = await readModelFile(path, read)
  if (sha256 === undefined || sha256 === file.sha256) return file
  throw refuse('The model file is not the one that was verified: its SHA-256 differs. Restore it, or publish the change as a new version.')
}

/** What is known of a value that is no tensor is its name. */
const valueInfo = (value: InferenceSession.ValueMetadata): ValueInfo =>
  value.isTensor ? { name: value.name, type: value.type, shape: value.shape } : { name: value.name }

type Opened = Awaited<ReturnType<typeof openSession>>

async function graphOf({ session, device }: Opened, args: OpenArgs) {
  const inputs = session.inputMetadata.map(valueInfo)
  const outputs = session.outputMetadata.map(valueInfo)
  const signature = signatureOf(inputs, outputs, args)
  const graph = new OnnxGraph(session, signature, { ...args, runsOn: device })
  const proven = args.proven?.find((other) => other.device === device && other.version === versionHere)
  const columns = await graph.warmUp(args.outputs, proven?.shapes)
  return { graph, facts: { inputs, outputs, signature, columns, shapes: graph.shapes } }
}

/** Opens, checks and warms up a model in this process; what is worth telling people is logged. Throws `model_verification_failed` or `feature_contract_mismatch` with the fix. */
export async function openModel(args: OpenArgs, { log, read }: OpenDeps): Promise<OpenedModel> {
  const { bytes, sha256 } = await readChecked(args, read)
  const fileBytes = bytes.length
  const { controlFlow } = scanModel(bytes)
  const { session, ...runsOn } = await openSession(bytes, args)
  // The session has its own copy, and a process that waits for calls collects nothing.
  giveBack(bytes)
  if (runsOn.fallback !== undefined) log(`The model asks for ${args.device}, the ${runsOn.device} computes it: ${runsOn.fallback}`)
  const { graph, facts } = await graphOf({ session, ...runsOn }, args).catch(async (error: unknown) => {
    await session.release()
    throw error
  })
  return {
    info: { ...facts, controlFlow, sha256, fileBytes, version: versionHere, ...runsOn },
    async call(tensors, step) {
      try {
        return [await graph.call(tensors, step)]
      } catch (error) {
        if (error instanceof ServingError) throw error
        log(`The model failed on a call: ${firstLine(error)}`)
        throw new ServingError('model_output_invalid', 'The model failed on these rows; the server log has its message', { cause: error })
      }
    },
    release: () => session.release(),
  }
}
