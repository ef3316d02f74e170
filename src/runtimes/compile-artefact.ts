import type { ArtefactSpec } from './runtime.ts'
import { compileTrees } from './trees/compile-trees.ts'

/** The part of loading that takes long and can run in a worker thread: what it returns can be posted. Undefined for runtimes that have none. */
export const compileArtefact = (kind: string, spec: ArtefactSpec): unknown => (kind === 'trees' ? compileTrees(spec) : undefined)
