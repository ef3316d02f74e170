import { setImmediate as nextTurn } from 'node:timers/promises'
import { ServingError } from '../contracts/error.ts'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { Clock, Deadline } from '../contracts/ports.ts'
import type { ModelRuntime } from '../runtimes/runtime.ts'
import { compareGolden, type GoldenResult, type GoldenRows } from './golden.ts'
import type { ManifestFile } from './manifest-file.ts'
import type { PreparedBundle } from './prepare-bundle.ts'
import type { PrepareProcess, Wanted } from './prepare-process.ts'

/** What loading needs. */
export type LoadDeps = {
  readonly runtimes: readonly ModelRuntime[]
  readonly clock: Clock
  readonly preparation: Pick<PrepareProcess, 'prepare'>
  readonly allowUnverified: boolean
}

/** The states that a load goes through: its files (`loading`), its process (`warming`), its golden rows (`verifying`). */
export type LoadPhase = 'loading' | 'warming' | 'verifying'

/** A loaded model with what was proven of it. */
export type LoadedBundle = { readonly prepared: PreparedBundle; readonly runtime: LoadedModel; readonly golden: GoldenResult | undefined }

const longestVerificationMs = 60_000
const rowsPerCall = 16
/** Single rows on the spot find nothing in the caches the first time, and take this thread many times as long as later ones. */
const singlesPerTurn = 2

/** One of the ways in which a model answers rows, the golden rows that prove it, and how many of them in a turn of the event loop. */
type Way = { readonly answer: LoadedModel['predict']; readonly proof: GoldenRows; readonly rowsPerTurn: number }

const firstRows = (golden: GoldenRows, count: number): GoldenRows => ({
  ...golden,
  count,
  inputs: golden.inputs.subarray(0, (golden.inputs.length / golden.count) * count),
  outputs: golden.outputs.subarray(0, golden.outputsPerRow * count),
})

/** All ways in which a model is asked: many rows at once, and single rows. They may be different code, so each is proven; where a call is a trip to another process, single rows are few. */
function waysOf(runtime: LoadedModel, golden: GoldenRows): readonly Way[] {
  const { inputs, outputs } = runtime
  const single: LoadedModel['predict'] = async (row, count, by) => {
    if (runtime.predictSync === undefined) return runtime.predict(row, count, by)
    const out = new Float64Array(outputs)
    runtime.predictSync(row, out)
    return out
  }
  const oneByOne: LoadedModel['predict'] = async (rows, count, by) => {
    if (by.signal.aborted) throw new ServingError('deadline_exceeded', 'The golden rows took too long, or the model is not wanted any more')
    const out = new Float64Array(count * outputs)
    for (let row = 0; row < count; row += 1) out.set(await single(rows.slice(row * inputs, (row + 1) * inputs), 1, by), row * outputs)
    return out
  }
  const few = firstRows(golden, Math.min(golden.count, rowsPerCall))
  return [
    { answer: (rows, count, by) => runtime.predict(rows, count, by), proof: golden, rowsPerTurn: rowsPerCall },
    runtime.predictSync === undefined
      ? { answer: oneByOne, proof: few, rowsPerTurn: rowsPerCall }
      : { answer: oneByOne, proof: golden, rowsPerTurn: singlesPerTurn },
  ]
}

/** Outputs of the golden rows, a few at a time; the event loop turns between them. */
async function runGolden({ answer, proof: golden, rowsPerTurn }: Way, { inputs, outputs }: LoadedModel, by: Deadline): Promise<Float64Array> {
  const got = new Float64Array(golden.count * outputs)
  const deadline = { at: by.at, signal: AbortSignal.any([by.signal, AbortSignal.timeout(longestVerificationMs)]) }
  for (let row = 0; row < golden.count; row += rowsPerTurn) {
    await nextTurn()
    const count = Math.min(rowsPerTurn, golden.count - row)
    got.set(await answer(golden.inputs.slice(row * inputs, (row + count) * inputs), count, deadline), row * outputs)
  }
  return got
}

/** The worst that any way of asking gave. */
async function proveGolden(runtime: LoadedModel, golden: GoldenRows, by: Deadline): Promise<GoldenResult> {
  let worst: GoldenResult = { rows: golden.count, reproduced: golden.count, maxAbsError: 0 }
  for (const way of waysOf(runtime, golden)) {
    const { rows, reproduced, maxAbsError } = compareGolden(way.proof, await runGolden(way, runtime, by))
    worst = {
      rows: golden.count,
      reproduced: Math.min(golden.count - rows + reproduced, worst.reproduced),
      maxAbsError: Math.max(maxAbsError, worst.maxAbsError),
    }
  }
  return worst
}

async function verify(
  { golden, manifest }: PreparedBundle,
  runtime: LoadedModel,
  by: Deadline & { readonly allowUnverified: boolean },
): Promise<GoldenResult | undefined> {
  if (golden === undefined) {
    if (by.allowUnverified) return undefined
    throw new ServingError(
      'model_verification_failed',
      'The bundle has no golden rows: save it again with presage.save, or allow it with models.allowUnverified',
    )
  }
  const result = await proveGolden(runtime, golden, by)
  if (result.reproduced === result.rows) return result
  const { rows, reproduced, maxAbsError } = result
  throw new ServingError(
    'model_verification_failed',
    `${manifest.name} ${manifest.version} reproduces ${reproduced} of ${rows} golden rows (largest error ${maxAbsError.toPrecision(3)}): the artefact is not the model that was saved, or was saved by another version of its framework`,
  )
}

/** Loads a bundle and proves it on its golden rows. Throws `model_verification_failed` and what the runtime throws; nothing stays behind after an error. */
export async function loadBundle(
  file: ManifestFile,
  deps: LoadDeps,
  { onPhase, ...wanted }: Wanted & { readonly onPhase: (phase: LoadPhase) => void },
): Promise<LoadedBundle> {
  const { signal } = wanted
  onPhase('loading')
  const prepared = await deps.preparation.prepare(file, wanted)
  const kind = deps.runtimes.find((runtime) => runtime.kind === prepared.manifest.runtime)
  if (!kind)
    throw new ServingError(
      'model_verification_failed',
      `This server has no runtime ${prepared.manifest.runtime}; it has ${deps.runtimes.map((runtime) => runtime.kind).join(', ')}`,
    )
  onPhase('warming')
  const runtime = await kind.load(prepared.spec, prepared.compiled, signal)
  try {
    onPhase('verifying')
    const by = { at: deps.clock.monotonic() + longestVerificationMs, signal, allowUnverified: deps.allowUnverified }
    const golden = await verify(prepared, runtime, by)
    await runtime.bringAtHand?.()
    return { prepared, runtime, golden }
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}
