import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServingError } from '../contracts/error.ts'
import type { FeatureReads } from '../contracts/features.ts'
import { digestsOf } from './check-files.ts'
import { checkFeatureContract } from './feature-contract.ts'
import { goldenText } from './golden-file.ts'
import { type LoadDeps, loadBundle } from './load-bundle.ts'
import { madeUpRows } from './made-up-rows.ts'
import { ManifestDraft } from './manifest-draft.ts'
import { misplaced } from './scan-folder.ts'

/** What sealing needs; `check` loads the whole bundle as the server would and throws if that refuses it. */
export type SealDeps<Checked> = Omit<LoadDeps, 'allowUnverified'> & {
  readonly features: Pick<FeatureReads, 'declare' | 'prove'>
  readonly check: (dir: string) => Promise<Checked>
}

/** What became of a bundle: how many files it names, how many golden rows were made (0: there were some), and what `check` said. */
export type Sealed<Checked> = { readonly files: number; readonly made: number; readonly checked: Checked }

const patience = 120_000
/** Servers of others and libraries may compute in float32, and on another machine. */
const tolerance = { absolute: 1e-6, relative: 1e-6 }

function refuse(message: string): never {
  throw new ServingError('model_verification_failed', message)
}

/** Golden rows that the model answers as it lies in the folder. */
async function answeredRows(draft: ManifestDraft, deps: SealDeps<unknown>): Promise<{ readonly input: number[]; readonly output: number[] }[]> {
  const file = draft.parse()
  const { inputs: names } = file.manifest
  const control = { signal: AbortSignal.timeout(patience), onPhase: () => {} }
  const { runtime } = await loadBundle(file, { ...deps, allowUnverified: true }, control)
  try {
    const set = await checkFeatureContract(file.manifest, deps.features)
    const optional = (names.optional ?? []).map((name) => names.features.indexOf(name))
    const rows = madeUpRows(set, { optional, whole: runtime.wholeColumns ?? [] })
    const deadline = { at: deps.clock.monotonic() + patience, signal: control.signal }
    const outputs = await runtime.predict(Float64Array.from(rows.flat()), rows.length, deadline)
    return rows.map((input, i) => ({ input, output: [...outputs.subarray(i * runtime.outputs, (i + 1) * runtime.outputs)] }))
  } finally {
    await runtime.dispose()
  }
}

/** Writes golden rows beside the manifest; gives how many. */
async function writeGolden(draft: ManifestDraft, dir: string, deps: SealDeps<unknown>): Promise<number> {
  const rows = await answeredRows(draft, deps)
  const bad = rows.findIndex(({ output }) => !output.every(Number.isFinite))
  if (bad !== -1)
    refuse(
      `the model answers ${rows[bad]?.output.join(', ')} for a row that was made up within the ranges of its features, ${JSON.stringify(rows[bad]?.input)}: name golden rows of your own in model.yaml`,
    )
  writeFileSync(join(dir, draft.golden), goldenText({ tolerance, rows }))
  return rows.length
}

/**
 * Completes a bundle that was written by hand: which definitions of features it is for, golden rows answered by the model itself where there are none (or `anew`), and the
 * SHA-256 of every file. Throws `model_verification_failed` and what loading throws; the manifest is then as it was.
 */
export async function sealBundle<Checked>(dir: string, deps: SealDeps<Checked>, { anew }: { readonly anew: boolean }): Promise<Sealed<Checked>> {
  const draft = new ManifestDraft(dir)
  const { golden } = draft
  const isMade = anew || !draft.hasGolden
  const before = digestsOf(dir)
  const rowsBefore = golden in before ? readFileSync(join(dir, golden)) : undefined
  draft.complete({ ...before, ...(isMade && { [golden]: '0'.repeat(64) }) }, golden)
  const file = draft.parse()
  const reason = misplaced(file, dir)
  if (reason !== undefined) refuse(reason)
  draft.fixFeatures((await checkFeatureContract(file.manifest, deps.features)).digest)
  try {
    draft.complete(before, isMade ? undefined : golden)
    draft.write()
    const made = isMade ? await writeGolden(draft, dir, deps) : 0
    const files = digestsOf(dir)
    draft.complete(files, golden)
    draft.write()
    return { files: Object.keys(files).length, made, checked: await deps.check(dir) }
  } catch (error) {
    draft.restore()
    if (rowsBefore === undefined) rmSync(join(dir, golden), { force: true })
    else writeFileSync(join(dir, golden), rowsBefore)
    throw error
  }
}
