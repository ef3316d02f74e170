import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { firstCalls } from '../../../src/runtimes/trees/trees-runtime.ts'
import { type CompiledForest, compileForest } from '../../../src/trees/compile.ts'
import { instantiateForest } from '../../../src/trees/evaluator.ts'
import { parseLightGbm } from '../../../src/trees/lightgbm.ts'
import { quantise } from '../../../src/trees/quantise.ts'
import { warmUp } from '../../../src/trees/warm-up.ts'
import { firstTrees } from './first-trees.ts'

/** What one load took in a thread that has loaded nothing before, as a model's does: CPU ms of the thread. */
export type LoadTimes = { readonly parse: number; readonly compile: number; readonly warm: number }
/** What the worker is asked: a whole load; one cut to its first trees; or only what `quantise`, a part of compiling, takes. */
export type LoadJob = { readonly path: string; readonly trees?: number; readonly only?: 'quantise' }
/** What it answers. */
export type LoadAnswer = { readonly compiled: CompiledForest; readonly times: LoadTimes } | { readonly quantise: number }

function usedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1e3
}

function answer({ path, trees, only }: LoadJob): LoadAnswer {
  const marks = [usedMs()]
  const mark = (): void => void marks.push(usedMs())
  const between = (i: number): number => marks[i + 1]! - marks[i]!
  const whole = parseLightGbm(readFileSync(path, 'utf8'))
  const ensemble = trees === undefined ? whole : firstTrees(whole, trees)
  mark()
  if (only === 'quantise') {
    quantise(ensemble)
    mark()
    return { quantise: between(1) }
  }
  const compiled = compileForest(ensemble)
  mark()
  warmUp(instantiateForest(compiled), compiled.warmRows, firstCalls)
  mark()
  return { compiled, times: { parse: between(0), compile: between(1), warm: between(2) } }
}

parentPort?.postMessage(answer(workerData as LoadJob))
