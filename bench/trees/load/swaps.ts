import { firstCalls } from '../../../src/runtimes/trees/trees-runtime.ts'
import { instantiateForest } from '../../../src/trees/evaluator.ts'
import { warmUp } from '../../../src/trees/warm-up.ts'
import { median } from '../../support/report.ts'
import { readDoubles } from '../rows-file.ts'
import { inThread } from './in-thread.ts'
import { Traffic } from './traffic.ts'
import type { LoadTimes } from './worker.ts'

/** Loads of one model, each in a fresh thread and then swapped in: medians. Times in ms; p99 of the first 100 calls after a swap and of 100 later ones in µs. */
export type SwapFigures = LoadTimes & { readonly quantise: number; readonly total: number; readonly firstP99: number; readonly steadyP99: number }

const steadyWindows = 100

async function swap(path: string, traffic: Traffic): Promise<Omit<SwapFigures, 'quantise'>> {
  const answer = await inThread({ path })
  if (!('compiled' in answer)) throw new Error('the worker answered another question')
  const { compiled, times } = answer
  const evaluator = instantiateForest(compiled)
  warmUp(evaluator, compiled.warmRows, firstCalls)
  const firstP99 = traffic.window(evaluator.predict)
  const steadyP99 = median(Array.from({ length: steadyWindows }, () => traffic.window(evaluator.predict)))
  return { ...times, total: times.parse + times.compile + times.warm, firstP99, steadyP99 }
}

async function quantiseMs(path: string): Promise<number> {
  const answer = await inThread({ path, only: 'quantise' })
  return 'quantise' in answer ? answer.quantise : Number.NaN
}

async function measure(path: string, rowsPath: string, { inputs, rounds }: { inputs: number; rounds: number }): Promise<SwapFigures> {
  const traffic = new Traffic(readDoubles(rowsPath), inputs)
  await swap(path, traffic) // the model that served before
  const swaps: Omit<SwapFigures, 'quantise'>[] = []
  const quantised: number[] = []
  for (let round = 0; round < rounds; round++) {
    swaps.push(await swap(path, traffic))
    quantised.push(await quantiseMs(path))
  }
  const of = (key: keyof (typeof swaps)[number]): number => median(swaps.map((figures) => figures[key]))
  return {
    parse: of('parse'),
    quantise: median(quantised),
    compile: of('compile'),
    warm: of('warm'),
    total: of('total'),
    firstP99: of('firstP99'),
    steadyP99: of('steadyP99'),
  }
}

const [path = '', rows = '', inputs = '', rounds = ''] = process.argv.slice(2)
console.log(JSON.stringify(await measure(path, rows, { inputs: Number(inputs), rounds: Number(rounds) })))
