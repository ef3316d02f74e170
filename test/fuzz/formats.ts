import { parseLightGbm } from '../../src/trees/lightgbm.ts'
import type { Ensemble } from '../../src/trees/ensemble.ts'
import type { ModelFormatError } from '../../src/trees/model-format-error.ts'
import { lightGbmSeeds } from './lightgbm-seeds.ts'
import { lineMutations, type TextMutation } from './mutate-lines.ts'

/** A format that is fuzzed: real small files, what reads them, how their structure is changed (empty for binary ones), and whether an error says where the fault lies. */
export type FuzzedFormat = {
  readonly name: string
  readonly seeds: () => readonly Uint8Array<ArrayBuffer>[]
  readonly parse: (bytes: Uint8Array) => Ensemble
  readonly mutations: readonly TextMutation[]
  readonly isLocated: (error: ModelFormatError) => boolean
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Every format that the tree engine reads: a row each. */
export const formats: readonly FuzzedFormat[] = [
  {
    name: 'lightgbm',
    seeds: lightGbmSeeds,
    parse: (bytes) => parseLightGbm(text(bytes)),
    mutations: lineMutations,
    isLocated: ({ line }) => line !== undefined,
  },
]
