import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { ArtefactFormat } from '../../contracts/artefact-formats.ts'
import type { Clock } from '../../contracts/ports.ts'
import { compileForest } from '../../trees/compile.ts'
import { largestTree, type Ensemble } from '../../trees/ensemble.ts'
import { ModelFormatError } from '../../trees/model-format-error.ts'
import { rowsFromThresholds } from '../../trees/rows-from-thresholds.ts'
import { whyEngine } from '../../trees/why-engine.ts'
import { type CompiledTrees, readTreesFile, treeReaders } from './compile-trees.ts'
import { TreesRuntime } from './trees-runtime.ts'

/** A forest on its way into memory, step by step. `rows` makes rows that go all ways through its trees. */
export type TreesProfile = {
  readonly format: string
  readonly trees: number
  readonly leaves: number
  readonly mostLeaves: number
  readonly why: string
  readonly ms: { readonly parse: number; readonly compile: number; readonly warm: number }
  readonly model: LoadedModel
  readonly rows: (count: number) => Float64Array
}

/** The first format whose reader takes the bytes. Throws `model_verification_failed` with what each had against them. */
function readAny(bytes: Uint8Array, formats: readonly string[]): { ensemble: Ensemble; format: string } {
  const refusals: string[] = []
  for (const format of formats) {
    try {
      return { ensemble: treeReaders[format as ArtefactFormat]!(bytes), format }
    } catch (cause) {
      if (!(cause instanceof ModelFormatError)) throw cause
      refusals.push(`${format}: ${cause.message}`)
    }
  }
  throw new ServingError('model_verification_failed', `The file is no model of trees that can be read (${refusals.join('; ')})`)
}

/** Reads, compiles and warms a forest as the server would, but in this thread and timed. Without a format, the one whose reader takes the file. Throws `model_verification_failed`. */
export async function profileTrees(path: string, format: ArtefactFormat | undefined, clock: Clock): Promise<TreesProfile> {
  const bytes = readTreesFile(path)
  const marks = [clock.monotonic()]
  const lap = (): number => {
    marks.push(clock.monotonic())
    return marks.at(-1)! - marks.at(-2)!
  }
  const { ensemble, format: found } = readAny(bytes, format === undefined ? Object.keys(treeReaders) : [format])
  const parse = lap()
  const forest = compileForest(ensemble)
  const compile = lap()
  const compiledTrees: CompiledTrees = { forest, explanations: undefined }
  const model = await new TreesRuntime(clock).load(undefined, compiledTrees)
  const warm = lap()
  return {
    format: found,
    trees: ensemble.trees,
    leaves: ensemble.leafValue.length,
    mostLeaves: largestTree(ensemble),
    why: whyEngine(ensemble, model.engine),
    ms: { parse, compile, warm },
    model,
    rows: (count) => rowsFromThresholds(ensemble, count),
  }
}
