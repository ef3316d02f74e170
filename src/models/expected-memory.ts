import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { RuntimeKind } from '../contracts/loaded-model.ts'
import type { ArtefactFormat } from '../contracts/artefact-formats.ts'
import { sizeBytes } from '../contracts/written-units.ts'
import { artefactFiles, type ManifestFile } from './manifest-file.ts'

/** Memory of a model that nobody has loaded yet: what one takes however small it is, and for every byte of its artefact. Measured on small and large models, rounded up. */
type Appetite = { readonly least: number; readonly perByte: number }

const mebi = 2 ** 20
const plainProcess: Appetite = { least: 48 * mebi, perByte: 2 }
const byKind: Readonly<Record<RuntimeKind, Appetite>> = {
  trees: { least: mebi / 4, perByte: 2 },
  onnx: { least: 136 * mebi, perByte: 2 },
  python: plainProcess,
  module: plainProcess,
  remote: { least: 0, perByte: 0 },
}
const byFormat: Readonly<Partial<Record<ArtefactFormat, Appetite>>> = {
  'sklearn-joblib': { least: 128 * mebi, perByte: 3 },
  skops: { least: 128 * mebi, perByte: 3 },
  'tensorflow-savedmodel': { least: 448 * mebi, perByte: 3 },
  keras: { least: 448 * mebi, perByte: 3 },
  torchscript: { least: 256 * mebi, perByte: 2 },
  'torch-export': { least: 320 * mebi, perByte: 2 },
}

function bytesOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0 // what is missing is refused where the files are read
  }
}

/** Bytes that a version is expected to take before it has been in memory: by its artefact's size and, where it has processes of its own, by their number and `limits.memory`, which is the most that one has. */
export function expectedMemory({ dir, manifest }: ManifestFile): number {
  const { runtime, artefact, limits = {}, execution = {} } = manifest
  const { least, perByte } = (runtime === 'python' ? byFormat[artefact.format] : undefined) ?? byKind[runtime]
  const one = least + perByte * artefactFiles(manifest).reduce((sum, [path]) => sum + bytesOf(join(dir, path)), 0)
  if (runtime === 'trees' || runtime === 'remote') return one
  const most = limits.memory === undefined ? Infinity : sizeBytes(limits.memory)
  const { workers = 1, spares = 0 } = execution
  return Math.min(one, most) * (workers + spares)
}
