import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { LoadedModel } from '../src/contracts/loaded-model.ts'
import { batched } from '../src/runtimes/batching/batched.ts'
import { type BatchSettings, batchSettings } from '../src/runtimes/batching/batch-settings.ts'
import { loadOnnx } from '../src/runtimes/onnx/load-onnx.ts'
import type { OnnxSpec } from '../src/runtimes/onnx/onnx-model.ts'
import { systemClock } from '../src/system.ts'
import { drive, type Figures, rowsOf } from './support/drive.ts'
import { median, printTable } from './support/report.ts'
import { Launcher } from '../src/processes/launcher.ts'

const help = `npm run bench:batching [-- --rounds 5 --ms 300]

Measures the ONNX example models under clients that each send one row, wait for its answer and send the next: without batching and with it, in turn in every round,
against the same process. Medians of the rounds; ratios are of the same round.`

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, ms: { type: 'string', default: '300' }, help: { type: 'boolean', default: false } },
})
const clients = [1, 8, 64, 256]

/** What so many clients see of a model for some time. */
function ask(model: LoadedModel, count: number): Promise<Figures> {
  const rows = rowsOf(model.inputs, count)
  const signal = new AbortController().signal
  return drive((client) => model.predict(rows[client] as Float64Array, 1, { at: performance.now() + 10_000, signal }), count, Number(values.ms))
}

const columns = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `column ${at}`)

async function compare(name: string, spec: OnnxSpec): Promise<readonly (readonly string[])[]> {
  const deps = { launcher: new Launcher(), clock: systemClock, random: Math.random, log: () => {} }
  const model = await loadOnnx(spec, deps)
  await model.bringAtHand()
  const settings: BatchSettings = { ...batchSettings({ execution: {}, limits: {} }), workers: 1 }
  const rows: (readonly string[])[] = []
  for (const count of clients) {
    const seen: { readonly without: Figures; readonly with: Figures }[] = []
    for (let round = -1; round < Number(values.rounds); round += 1) {
      const pair = { without: await ask(model, count), with: await ask(batched(model, settings, deps), count) }
      if (round >= 0) seen.push(pair)
    }
    const figures = (of: keyof Figures): string[] => {
      const scale = of === 'rowsPerS' ? 0 : 2
      const [a, b] = [median(seen.map((pair) => pair.without[of])), median(seen.map((pair) => pair.with[of]))]
      return [a.toFixed(scale), b.toFixed(scale), median(seen.map((pair) => pair.with[of] / pair.without[of])).toFixed(2)]
    }
    rows.push([`${name}, ${count} clients`, ...figures('rowsPerS'), ...figures('p50'), ...figures('p99')])
  }
  await model.dispose()
  return rows
}

const example = (path: string): string => fileURLToPath(new URL(`../examples/models/${path}/model.onnx`, import.meta.url))

if (values.help) console.log(help)
else
  printTable(
    ['', 'rows/s alone', 'batched', 'ratio', 'p50 ms', 'batched', 'ratio', 'p99 ms', 'batched', 'ratio'],
    [
      ...(await compare('LSTM', { path: example('lstm_momentum_v1/1.2.3'), features: columns(9), window: 60, outputs: 2, tensor: 'probabilities' })),
      ...(await compare('baseline', { path: example('baseline/1.0.0'), features: columns(12), window: 1, outputs: 2, tensor: 'probabilities' })),
    ],
  )
