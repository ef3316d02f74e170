import type { ArtefactSpec } from '../../src/runtimes/runtime.ts'

/** What an artefact's specification holds when its manifest says nothing special: one row a vector, two classes, no files to check. */
export const plainArtefact: Omit<ArtefactSpec, 'path' | 'format' | 'inputs'> = {
  files: {},
  features: [],
  window: 1,
  outputs: 2,
  tensor: undefined,
  kind: 'binary',
  limits: {},
  execution: {},
}
