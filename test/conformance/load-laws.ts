import assert from 'node:assert/strict'
import { appendFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { ServingError } from '../../src/contracts/error.ts'
import type { LoadPhase } from '../../src/models/load-bundle.ts'
import { prepareBundle } from '../../src/models/prepare-bundle.ts'
import { readManifest } from '../../src/models/read-manifest.ts'
import { compileArtefact } from '../../src/runtimes/compile-artefact.ts'
import type { ArtefactSpec } from '../../src/runtimes/runtime.ts'
import { leavesNothing } from './leftovers.ts'
import type { Law, Subject } from './subject.ts'

const never = new AbortController().signal
const failed = { name: 'ServingError', code: 'model_verification_failed' }

const load = async ({ runtime, prepared }: Subject, changes: Partial<ArtefactSpec>): Promise<unknown> => {
  const spec = { ...prepared.spec, ...changes }
  return runtime.load(spec, compileArtefact(runtime.kind, spec), never)
}

const givenUpIn = async (subject: Subject, phase: LoadPhase): Promise<void> => {
  const caller = new AbortController()
  const loading = subject.load({ signal: caller.signal, onPhase: (now) => void (now === phase && caller.abort()) })
  await assert.rejects(loading, { name: 'ServingError', code: 'deadline_exceeded' })
}

/** What may be loaded, and what remains of it where it may not. */
export const loadLaws: readonly Law[] = [
  {
    says: 'is not loaded for a caller who has left, and leaves nothing',
    check: ({ runtime, prepared: { spec, compiled } }) =>
      leavesNothing(async () => {
        await assert.rejects(runtime.load(spec, compiled, AbortSignal.abort()), { name: 'ServingError', code: 'deadline_exceeded' })
        const leaving = new ServingError('draining', 'The server is shutting down')
        await assert.rejects(runtime.load(spec, compiled, AbortSignal.abort(leaving)), { code: 'draining' })
      }),
  },
  {
    says: 'gives a load up that nobody wants any more, however far it is, and leaves nothing',
    check: (subject) =>
      leavesNothing(async () => {
        for (const phase of ['loading', 'warming', 'verifying'] as const) await givenUpIn(subject, phase)
      }),
  },
  {
    says: 'is refused where its bytes are not those of the manifest, and leaves nothing',
    check: (subject) =>
      leavesNothing(async () => {
        const { dir, prepared } = subject
        const changed = `${join(subject.folder, prepared.manifest.name)}-changed`
        cpSync(dir, changed, { recursive: true })
        appendFileSync(join(changed, prepared.manifest.artefact.path), ' ')
        assert.throws(() => prepareBundle(readManifest(changed)), { ...failed, message: /SHA-256/ })
        // Whoever reads the artefact once more in a process of its own looks once more.
        if (prepared.compiled === undefined)
          await assert.rejects(load(subject, { files: { [prepared.spec.path]: '0'.repeat(64) } }), { ...failed, message: /SHA-256/ })
      }),
  },
  {
    says: 'is refused where the manifest lists another number of inputs, says so, and leaves nothing',
    check: (subject) =>
      leavesNothing(async () => {
        const { inputs, features } = subject.prepared.spec
        await assert.rejects(load(subject, { inputs: inputs + 1, features: [...features, 'one more'] }), ({ code, message }: ServingError) => {
          assert.match(code, /^(model_verification_failed|feature_contract_mismatch)$/)
          assert.match(message, /input|feature|column|zeros|server log/)
          return true
        })
      }),
  },
]
