import type { ArtefactSpec } from './runtime.ts'
import { compileTrees } from './trees/compile-trees.ts'

/** The part of loading that takes long and runs in the process that prepares bundles: what it returns is plain data. Undefined for runtimes that have none. */
export const compileArtefact = (kind: string, spec: ArtefactSpec): unknown => (kind === 'trees' ? compileTrees(spec) : undefined)
