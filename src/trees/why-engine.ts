import { chooseEngine } from './choose-engine.ts'
import { largestTree, type Ensemble } from './ensemble.ts'
import { quantise } from './quantise.ts'

/** In a few words, for people: an ensemble's shape, and why it got the evaluator that it got. */
export function whyEngine(ensemble: Ensemble, engine: string): string {
  const columns = quantise(ensemble).columns.length
  const shape = `${ensemble.trees} trees, the largest of ${largestTree(ensemble)} leaves, ${columns} byte columns`
  const chosen = chooseEngine(ensemble)
  return `${shape}: ${chosen.engine === engine ? chosen.because : `the ${chosen.engine} kernel, which its shape asks for, cannot hold it`}`
}
