import { readZoo, type ZooModel } from '../golden/trees/read-zoo.ts'

const wantedBytes = 4_500
const mostBytes = 9_000
const mostIterations = 3

/** The first iterations of a model, at most three and as many as fit a few kilobytes; its `tree_sizes` cut with it. */
function cut({ text, outputs }: ZooModel): string {
  const [header = '', ...trees] = text.split(/(?=^Tree=)/m)
  const end = text.slice(text.indexOf('end of trees'))
  const bodies = trees.map((tree) => tree.split('end of trees')[0]!)
  const cutTo = (iterations: number): string => {
    const kept = bodies.slice(0, iterations * outputs)
    const shorter = header.replace(/^tree_sizes=.*$/m, `tree_sizes=${kept.map((tree) => tree.length).join(' ')}`)
    return [shorter, ...kept, end.replace(/^parameters:[^]*end of parameters$/m, '')].join('')
  }
  for (let iterations = mostIterations; iterations > 1; iterations--) if (cutTo(iterations).length <= wantedBytes) return cutTo(iterations)
  return cutTo(1)
}

/** The models of the zoo cut small, so that tens of thousands of mutants take a minute: every objective, missing type, categorical and linear split is among them. */
export function lightGbmSeeds(): readonly Uint8Array<ArrayBuffer>[] {
  return readZoo()
    .map(cut)
    .filter((text) => text.length <= mostBytes)
    .map((text) => new TextEncoder().encode(text))
}
