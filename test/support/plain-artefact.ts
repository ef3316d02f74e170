import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ArtefactSpec } from '../../src/runtimes/runtime.ts'

/** What an artefact's specification holds when its manifest says nothing special: one row a vector, two classes, no files to check. */
export const plainArtefact: Omit<ArtefactSpec, 'path' | 'format' | 'inputs'> = {
  model: { name: 'plain', version: '1.0.0' },
  files: {},
  features: [],
  window: 1,
  outputs: 2,
  tensor: undefined,
  kind: 'binary',
  limits: {},
  execution: {},
}

const features = ['a', 'b', 'c', 'd']

/** The specification of a file of four inputs and two classes. */
export const artefactOf = (path: string, spec: Pick<ArtefactSpec, 'format'> & Partial<ArtefactSpec>): ArtefactSpec => ({
  ...plainArtefact,
  path,
  features,
  inputs: features.length,
  files: { [path]: hash('sha256', readFileSync(path)) },
  ...spec,
})
