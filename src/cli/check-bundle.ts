import { noMeter } from '../contracts/meter.ts'
import { ServingError } from '../contracts/error.ts'
import { readConfig } from '../config/load-config.ts'
import { FeatureService } from '../features/feature-service.ts'
import { loadFeatureModules } from '../features/modules/load-feature-modules.ts'
import { FeatureProofs } from '../features/proofs/feature-proofs.ts'
import { SeriesStore } from '../market/series-store.ts'
import { checkFeatureContract } from '../models/feature-contract.ts'
import { type LoadedBundle, loadBundle } from '../models/load-bundle.ts'
import { prepareHere } from '../models/prepare-bundle.ts'
import { readManifest } from '../models/read-manifest.ts'
import { misplaced } from '../models/manifest-reading.ts'
import type { ModelRuntime } from '../runtimes/runtime.ts'
import { checkExplanations, type ExplanationCheck } from '../runtimes/trees/check-explanations.ts'
import { systemClock } from '../system.ts'
import { type ConfigOptions, sourcesOf } from './config-options.ts'
import { printable } from './printable.ts'
import { quietRuntimes } from './quiet-runtimes.ts'
import { WaitLines } from './wait-lines.ts'

/** Columns of the table of bundles that were checked. */
export const checkColumns = ['bundle', 'engine', 'golden rows', 'largest error', 'explained', 'adds up within', 'memory', 'load', 'digest']
const patience = 120_000

const mostLines = 20

/** What bundles are checked with: all that the server with these settings would have, without data. */
export type CheckKit = { readonly runtimes: readonly ModelRuntime[]; readonly features: FeatureService; readonly printed: Printed; readonly waits: WaitLines }

/** What models printed, for whoever has to find out why one is refused. */
export class Printed {
  #lines: string[] = []
  add(line: string): void {
    this.#lines = [...this.#lines, line].slice(-mostLines)
  }
  /** The last lines, which are forgotten. */
  take(): readonly string[] {
    const lines = this.#lines
    this.#lines = []
    return lines.map((line) => `  it printed: ${printable(line)}`)
  }
}

/** Throws `validation_failed` for settings that are wrong; `features` is to be closed. */
export async function checkKit(options: ConfigOptions): Promise<CheckKit> {
  const catalogue = await loadFeatureModules(readConfig(sourcesOf(options)).config.features.modulePaths)
  const proofs = new FeatureProofs({ clock: systemClock, codeVersion: process.version })
  const series = new SeriesStore({ clock: systemClock, meter: noMeter })
  const printed = new Printed()
  const features = new FeatureService({ series, clock: systemClock, meter: noMeter, proofs, catalogue })
  return { runtimes: quietRuntimes(options, (line) => printed.add(line)), features, printed, waits: new WaitLines() }
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`

function rowOf({ prepared, runtime, golden }: LoadedBundle, explained: ExplanationCheck | undefined, ms: number): string[] {
  const { name, version } = prepared.manifest
  const proof = golden ? [`${golden.reproduced}/${golden.rows}`, golden.maxAbsError.toExponential(1)] : ['none', '']
  const sums = explained ? [`${explained.rows}`, explained.largestError.toExponential(1)] : ['none', '']
  return [`${name} ${version}`, runtime.engine, ...proof, ...sums, megabytes(runtime.memoryBytes), `${ms.toFixed(0)} ms`, prepared.digest.slice(0, 12)]
}

/** Loads one bundle as the server would, and gives its row of the table. Throws what loading throws. */
export async function checkBundle(path: string, kit: CheckKit): Promise<string[]> {
  try {
    return await rowAt(path, kit)
  } finally {
    kit.waits.end()
  }
}

async function rowAt(path: string, { runtimes, features, waits }: CheckKit): Promise<string[]> {
  const started = performance.now()
  const file = readManifest(path)
  const reason = misplaced(file, path)
  if (reason !== undefined) throw new ServingError('model_verification_failed', reason)
  const loaded = await loadBundle(
    file,
    { runtimes, clock: systemClock, preparation: prepareHere, allowUnverified: false },
    { signal: AbortSignal.timeout(patience), onPhase: (phase) => waits.enter(phase) },
  )
  try {
    const { prepared, runtime } = loaded
    await checkFeatureContract(file, features)
    const ms = performance.now() - started
    const rows = prepared.golden?.inputs ?? new Float64Array(0)
    const deadline = { at: systemClock.monotonic() + patience, signal: AbortSignal.timeout(patience) }
    return rowOf(loaded, await checkExplanations({ spec: prepared.spec, runtime }, rows, deadline), ms)
  } finally {
    await loaded.runtime.dispose()
  }
}
