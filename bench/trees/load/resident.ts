import { type Evaluator, instantiateForest } from '../../../src/trees/evaluator.ts'
import { inThread } from './in-thread.ts'

/** Memory of many models in one process: bytes per model as its evaluator reports them, and by how much the resident set and the buffers outside the heap grew. */
export type ResidentFigures = { readonly models: number; readonly reported: number; readonly resident: number; readonly buffers: number }

/** Models loaded before the count begins: they make the process grow once, by what every later load uses again. */
const before = 20

async function settled(): Promise<NodeJS.MemoryUsage> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    await new Promise(setImmediate)
  }
  return process.memoryUsage()
}

async function load(path: string, trees: number): Promise<Evaluator> {
  const answer = await inThread({ path, trees })
  if (!('compiled' in answer)) throw new Error('the worker answered another question')
  return instantiateForest(answer.compiled)
}

async function measure(path: string, { models, mostTrees }: { models: number; mostTrees: number }): Promise<ResidentFigures> {
  const kept: Evaluator[] = []
  for (let i = 0; i < before; i++) kept.push(await load(path, mostTrees - models - i))
  const start = await settled()
  for (let i = 0; i < models; i++) kept.push(await load(path, mostTrees - i))
  const end = await settled()
  const reported = kept.slice(before).reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  return { models, reported: reported / models, resident: (end.rss - start.rss) / models, buffers: (end.external - start.external) / models }
}

const [path = '', models = '', mostTrees = ''] = process.argv.slice(2)
console.log(JSON.stringify(await measure(path, { models: Number(models), mostTrees: Number(mostTrees) })))
