import { type ArtefactFormat, formatsOf } from '../contracts/artefact-formats.ts'
import type { RuntimeKind } from '../contracts/loaded-model.ts'
import type { Manifest } from '../contracts/manifest.ts'

/** A key that some runtimes or formats take: where it stands, what it says, who takes it. */
type Key = { readonly at: string; readonly of: (manifest: Manifest) => unknown }
type RuntimeKey = Key & { readonly by: readonly RuntimeKind[] }
type FormatKey = Key & { readonly by: readonly ArtefactFormat[] }

const ofProcesses = ['onnx', 'python', 'module'] as const
const ofDevices = ['onnx', 'python'] as const

const runtimeKeys: readonly RuntimeKey[] = [
  { at: '/inputs/tensors', of: ({ inputs }) => inputs.tensors, by: ['onnx'] },
  { at: '/limits/memory', of: ({ limits }) => limits?.memory, by: ofProcesses },
  { at: '/execution/device', of: ({ execution }) => execution?.device, by: ofDevices },
  { at: '/execution/batching', of: ({ execution }) => execution?.batching, by: ofDevices },
  { at: '/execution/workers', of: ({ execution }) => execution?.workers, by: ofProcesses },
  { at: '/execution/spares', of: ({ execution }) => execution?.spares, by: ofProcesses },
  { at: '/execution/recycle_after', of: ({ execution }) => execution?.recycle_after, by: ofProcesses },
]
const formatKeys: readonly FormatKey[] = [
  { at: '/artefact/method', of: ({ artefact }) => artefact.method, by: ['sklearn-joblib', 'skops'] },
  { at: '/artefact/class', of: ({ artefact }) => artefact.class, by: ['python-class'] },
  { at: '/output/tensor', of: ({ output }) => output.tensor, by: ['onnx', 'tensorflow-savedmodel', 'keras', 'torchscript', 'torch-export'] },
]

const joined = (names: readonly string[]): string => (names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`)
const wordsFor = (kind: 'runtime' | 'format', { at, by }: RuntimeKey | FormatKey, own: string): string =>
  `${at} is for the ${kind}${by.length > 1 ? 's' : ''} ${joined(by)}, not ${own}: leave it out`

/** Keys that the runtime of a manifest, or the format of its artefact, would pass over: each would be taken for a limit that holds, or a choice that was made. */
export function runtimeProblems(manifest: Manifest): string[] {
  const { runtime, artefact } = manifest
  const formats = formatsOf[runtime]
  if (!formats.includes(artefact.format)) return [`/artefact/format: the runtime ${runtime} executes ${formats.join(', ')}, not ${artefact.format}`]
  const strangers = [
    ...runtimeKeys.filter(({ of, by }) => of(manifest) !== undefined && !by.includes(runtime)).map((key) => wordsFor('runtime', key, runtime)),
    ...formatKeys.filter(({ of, by }) => of(manifest) !== undefined && !by.includes(artefact.format)).map((key) => wordsFor('format', key, artefact.format)),
  ]
  const isNameless = artefact.format === 'python-class' && artefact.class === undefined
  return isNameless ? [...strangers, '/artefact/class must say which class of the artefact is the model, as module:Class'] : strangers
}
