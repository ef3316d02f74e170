import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { printTable } from './support/report.ts'
import { contest, type Result } from './trees/contest.ts'
import type { ResidentFigures } from './trees/load/resident.ts'
import type { ServiceSwapFigures } from './trees/load/service-swaps.ts'
import type { SwapFigures } from './trees/load/swaps.ts'
import { describeMachine } from './trees/machine.ts'
import { type ContestModel, contestModels, loadModels, quickModels } from './trees/models.ts'
import { writePage } from './trees/page.ts'
import { batchTable, explainTable, loadTable, memoryTable, singleTable, swapTable, type Table } from './trees/tables.ts'
import { checkTools, filesOf, MissingTool, train } from './trees/workshop.ts'

const help = `npm run bench:trees [-- --quick] [-- --rounds 5] [-- --only 500x31,1000x255] [-- --write]

The tree engine beside LightGBM's C interface, onnxruntime and the same forest compiled to nested ifs by gcc: single rows, batches on one thread,
SHAP; then loading, swapping and memory. Each is a process of its own that lives through all rounds; rounds are interleaved, figures are medians.

  --quick         two models, 3 rounds, 20 models in memory
  --rounds N      rounds that count (5)
  --only NAMES    only these models (${contestModels.map(({ name }) => name).join(', ')})
  --write         put the tables into docs/trees.md
Models are trained once, with LightGBM, and kept in var/bench/trees.`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5))
const serviceSwaps = values.quick ? 10 : 30
const residentModels = values.quick ? 20 : 100

const say = (line: string): void => void process.stderr.write(`${line}\n`)

function chosenModels(): readonly ContestModel[] {
  const names: readonly string[] = values.only?.split(',') ?? (values.quick ? quickModels : contestModels.map(({ name }) => name))
  const stranger = names.find((name) => !contestModels.some((model) => model.name === name))
  if (stranger !== undefined) throw new MissingTool(`there is no model ${stranger}; there are ${contestModels.map(({ name }) => name).join(', ')}`)
  const chosen = contestModels.filter(({ name }) => names.includes(name))
  return values.quick ? chosen.map((model) => ({ ...model, batches: model.batches.filter((rows) => rows <= 4096) })) : chosen
}

function inProcess(script: string, words: readonly (string | number)[]): unknown {
  const file = fileURLToPath(new URL(`trees/load/${script}`, import.meta.url))
  const output = execFileSync(process.execPath, ['--expose-gc', file, ...words.map(String)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  return JSON.parse(output)
}

function measureLoads(models: readonly ContestModel[]): Table[] {
  const loads = new Map<string, SwapFigures>()
  const swaps = new Map<string, ServiceSwapFigures>()
  const memory = new Map<string, ResidentFigures>()
  for (const model of models.filter(({ name }) => loadModels.some((loaded) => loaded === name))) {
    const { text, rows } = filesOf(model)
    say(`loading ${model.name}`)
    loads.set(model.name, inProcess('swaps.ts', [text, rows, model.features, rounds]) as SwapFigures)
    swaps.set(model.name, inProcess('service-swaps.ts', [text, rows, model.features, serviceSwaps]) as ServiceSwapFigures)
  }
  for (const model of models.filter(({ name }) => name === '500x31')) {
    say(`${residentModels} models like ${model.name} in memory`)
    memory.set(model.name, inProcess('resident.ts', [filesOf(model).text, residentModels, model.trees]) as ResidentFigures)
  }
  return [...(loads.size > 0 ? [loadTable(loads), swapTable(swaps)] : []), ...(memory.size > 0 ? [memoryTable(memory)] : [])]
}

async function run(): Promise<void> {
  const models = chosenModels()
  checkTools()
  const machine = describeMachine()
  train(models)
  const started = performance.now()
  const results: Result[] = []
  for (const model of models) results.push(await contest(model, rounds, say))
  const tables = [singleTable(results), batchTable(results), explainTable(results), ...measureLoads(models)]
  const preface = `${machine}. Medians of ${rounds} interleaved rounds; 4,000 distinct rows, 8 of their columns with missing values; times in CPU time of the calling thread, p50 and p99 as they pass.`
  console.log(`\n${preface}`)
  for (const { title, header, rows } of tables) {
    console.log(`\n${title}`)
    printTable(header, rows)
  }
  if (values.write) writePage(preface, tables)
  say(`\n${((performance.now() - started) / 60_000).toFixed(1)} minutes${values.write ? '; docs/trees.md is written' : ''}`)
}

if (values.help) console.log(help)
else
  await run().catch((error: unknown) => {
    if (!(error instanceof MissingTool)) throw error
    console.error(error.message)
    process.exitCode = 1
  })
