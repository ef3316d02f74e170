import { join } from 'node:path'
import { readZoo } from '../golden/trees/read-zoo.ts'

const wantedBytes = 4_500
const mostBytes = 9_000
const mostRounds = 3

type Model = { readonly base: readonly unknown[]; readonly trees: readonly { readonly values: readonly unknown[] }[] }

/** The first rounds of a model, at most three and as many as fit a few kilobytes. */
function cut(text: string): string {
  const model = JSON.parse(text) as Model
  const treesPerRound = model.base.length / (model.trees[0]?.values.length ?? 1)
  const written = Array.from({ length: mostRounds }, (_, i) => JSON.stringify({ ...model, trees: model.trees.slice(0, (mostRounds - i) * treesPerRound) }))
  return written.find(({ length }) => length <= wantedBytes) ?? written.at(-1)!
}

/** The models of the zoo cut small: forests, boosting and histogram boosting, with classes, missing values and categories. */
export function sklearnSeeds(): readonly Uint8Array<ArrayBuffer>[] {
  return readZoo(join(import.meta.dirname, '../golden/sklearn'))
    .map(({ text }) => cut(text))
    .filter((text) => text.length <= mostBytes)
    .map((text) => new TextEncoder().encode(text))
}
