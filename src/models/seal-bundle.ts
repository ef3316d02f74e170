import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServingError } from '../contracts/error.ts'
import type { FeatureReads, FeatureSet } from '../contracts/features.ts'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { Manifest } from '../contracts/manifest.ts'
import { refuse } from '../contracts/model-refusal.ts'
import { digestsOf } from './check-files.ts'
import { checkFeatureContract } from './feature-contract.ts'
import { goldenAnswers, holdToGolden, type Question } from './golden-answers.ts'
import { goldenText } from './golden-text.ts'
import { checkOptional, type GoldenRows, parseGolden } from './golden.ts'
import { type LoadDeps, type LoadPhase, loadBundle } from './load-bundle.ts'
import { madeUpRows } from './made-up-rows.ts'
import { ManifestDraft } from './manifest-draft.ts'
import type { ManifestFile } from './manifest-file.ts'
import { prepareDraft } from './prepare-bundle.ts'
import { misplaced } from './manifest-reading.ts'

/** What sealing needs; `onPhase` hears how far it is, `check` loads the whole bundle as the server would and throws if that refuses it. */
export type SealDeps<Checked> = Pick<LoadDeps, 'runtimes' | 'clock'> & {
  readonly features: Pick<FeatureReads, 'declare' | 'prove'>
  readonly onPhase: (phase: LoadPhase) => void
  readonly check: (dir: string) => Promise<Checked>
}

/** What became of a bundle: the files that it names, how many golden rows were made (0: there were some), and what `check` said. */
export type Sealed<Checked> = { readonly files: readonly string[]; readonly made: number; readonly checked: Checked }

const usualGolden = 'golden.json'
const patience = 120_000
/** Servers of others and libraries may compute in float32, and on another machine. */
const tolerance = { absolute: 1e-6, relative: 1e-6 }

/** The file of golden rows, and whether they are to be made: never in the place of some that lie there, unless `anew`. */
function goldenOf(draft: ManifestDraft, files: Manifest['files'], anew: boolean): { readonly name: string; readonly isMade: boolean } {
  const named = draft.textAt('golden')
  const name = named ?? usualGolden
  const artefact = draft.textAt('artefact', 'path')
  if (name === artefact || name.startsWith(`${artefact}/`))
    throw refuse(`golden of model.yaml is ${name}, which belongs to the artefact: give the rows a file of their own`)
  const isThere = Object.hasOwn(files, name)
  if (anew || (named === undefined && !isThere)) return { name, isMade: true }
  if (named === undefined)
    throw refuse(`${name} lies in the folder, but model.yaml does not name it: say golden: ${name}, or have rows made in its place with --anew`)
  if (!isThere) throw refuse(`model.yaml names golden rows, ${name}, which are not there: bring them, or leave out the key and have rows made`)
  return { name, isMade: false }
}

/** Paths that are not in the folder are told by their own names, and not as digests that are lacking. */
function refuseAbsent(draft: ManifestDraft, files: Manifest['files']): void {
  const paths = Object.keys(files)
  for (const where of [['artefact', 'path'], ['reference']]) {
    const path = draft.textAt(...where)
    if (path !== undefined && !paths.some((each) => each === path || each.startsWith(`${path}/`)))
      throw refuse(`${where.join('.')} of model.yaml is ${path}, which is not in the folder`)
  }
}

/** The definitions of the model's features, which it is bound to from now on. */
async function fixFeatures(draft: ManifestDraft, file: ManifestFile, deps: Pick<SealDeps<unknown>, 'features'>): Promise<FeatureSet> {
  try {
    const set = await checkFeatureContract(file, deps.features)
    draft.fixFeatures(set.digest)
    return set
  } catch (error) {
    if (!(error instanceof ServingError) || error.code !== 'feature_contract_mismatch') throw error
    throw new ServingError(error.code, `${error.message}. If you have changed its features or their ranges, seal it with --anew`, { cause: error })
  }
}

function questionOf({ inputs }: Manifest, set: FeatureSet, model: LoadedModel): Question {
  const optional = (inputs.optional ?? []).map((name) => inputs.features.indexOf(name))
  const rows = madeUpRows(set, { optional, whole: model.wholeColumns ?? [] })
  return { count: rows.length, inputs: Float64Array.from(rows.flat()), tolerance }
}

/** The golden rows that lie in the folder. */
function keptRows(dir: string, name: string, manifest: Manifest): GoldenRows {
  const golden = parseGolden(readFileSync(join(dir, name), 'utf8'), manifest.inputs.features.length * (manifest.inputs.window ?? 1))
  checkOptional(golden, manifest.inputs)
  return golden
}

/** Asks the model as it lies in the folder: the text of golden rows that it answers, or none where it is held to those of a file. */
async function prove(
  file: ManifestFile,
  { set, kept }: { readonly set: FeatureSet; readonly kept: GoldenRows | undefined },
  deps: SealDeps<unknown>,
): Promise<{ readonly text: string; readonly count: number } | undefined> {
  const preparation = { prepare: async (draft: ManifestFile) => prepareDraft(draft) }
  const control = { signal: AbortSignal.timeout(patience), onPhase: deps.onPhase }
  const { runtime } = await loadBundle(file, { ...deps, preparation, allowUnverified: true }, control)
  try {
    deps.onPhase('verifying')
    const question = kept ?? questionOf(file.manifest, set, runtime)
    const answers = await goldenAnswers(runtime, question, { at: deps.clock.monotonic() + patience, signal: control.signal })
    if (kept === undefined) return { text: goldenText({ ...question, outputs: answers }), count: question.count }
    holdToGolden(kept, answers)
    return undefined
  } finally {
    await runtime.dispose()
  }
}

function writeRows(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (cause) {
    throw new ServingError('validation_failed', `${path} cannot be written (${(cause as NodeJS.ErrnoException).code}): it takes the golden rows`, { cause })
  }
}

/** Writes rows that were made, and the manifest behind them; what lay there comes back where the whole is refused. */
async function publish<Checked>(
  { dir, draft }: { readonly dir: string; readonly draft: ManifestDraft },
  rows: { readonly name: string; readonly text: string | undefined; readonly isThere: boolean },
  check: SealDeps<Checked>['check'],
): Promise<Checked> {
  const path = join(dir, rows.name)
  const before = rows.isThere ? readFileSync(path) : undefined
  try {
    if (rows.text !== undefined) writeRows(path, rows.text)
    draft.write()
    return await check(dir)
  } catch (error) {
    if (before === undefined) rmSync(path, { force: true })
    else if (rows.text !== undefined) writeFileSync(path, before)
    draft.restore()
    throw error
  }
}

/**
 * Completes a bundle that was written by hand: which definitions of features it is for, golden rows answered by the model itself where there are none (or `anew`), and the
 * SHA-256 of every file. All of it is proven before anything is written. Throws `model_verification_failed` and what loading throws; the folder is then as it was.
 */
export async function sealBundle<Checked>(dir: string, deps: SealDeps<Checked>, { anew }: { readonly anew: boolean }): Promise<Sealed<Checked>> {
  const draft = new ManifestDraft(dir)
  const files = digestsOf(dir)
  refuseAbsent(draft, files)
  const { name, isMade } = goldenOf(draft, files, anew)
  if (anew) draft.fixFeatures(undefined)
  draft.complete({ ...files, ...(isMade && { [name]: '0'.repeat(64) }) }, name)
  const whole = draft.parse()
  const reason = misplaced(whole, dir)
  if (reason !== undefined) throw refuse(reason)
  const set = await fixFeatures(draft, whole, deps)
  draft.complete(files, undefined)
  const made = await prove(draft.parse(), { set, kept: isMade ? undefined : keptRows(dir, name, whole.manifest) }, deps)
  const digests = made === undefined ? files : { ...files, [name]: createHash('sha256').update(made.text).digest('hex') }
  draft.complete(digests, name)
  const checked = await publish({ dir, draft }, { name, text: made?.text, isThere: Object.hasOwn(files, name) }, deps.check)
  return { files: Object.keys(digests), made: made?.count ?? 0, checked }
}
