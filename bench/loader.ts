import { getPriority } from 'node:os'
import { parseArgs } from 'node:util'
import { giveWay } from '../src/processes/give-way.ts'
import { generatorProcessor, runApart } from './support/apart.ts'
import { heavy, light, python } from './loader/bundles.ts'
import { Child } from './support/child.ts'
import type { LoadJob, LoadSummary } from './support/load-process.ts'
import type { ServerReady, ServerUsage } from './support/measured-server.ts'
import { median, printTable, quantile } from './support/report.ts'
import { SleepingLoad } from './support/sleeping-load.ts'

type Server = Child<ServerReady, object, ServerUsage>
type Loader = Child<undefined, LoadJob, LoadSummary>

const help = `npm run bench:loader [-- --rounds 5 --seconds 4 --rate 500 --cycles 200 --only once,nothing]

Measures what loading other models does to one that serves: p99 of POST /predict at an open-loop rate while 1000 trees x 127 leaves, a 100 MB ONNX
file and a Python class are loaded and unloaded, each of them once, and each without pause, beside the same time without loads before it (A B A B).
Controls: two such times without loads, and processes that have nothing to do with the server and compile the same forest, or open the same file,
without end. Then loads and unloads the forest and small models so many times and prints the server's resident memory after a quarter of them and
after all. --only measures the rows whose names hold one of these words.`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' }, // a connection of the pool that had no turn for 5 s is closed by the server
    rate: { type: 'string', default: '500' },
    cycles: { type: 'string', default: '200' },
    only: { type: 'string', default: '' },
    apart: { type: 'boolean', default: false }, // is this the program that `runApart` has started?
    help: { type: 'boolean', default: false },
  },
})
const bar = 1.25
const warmUps = 4

const pathOf = (model: string, what: 'load' | 'unload'): string => `/models/${model}/versions/1.0.0/${what}`

async function post({ ready }: Server, model: string, what: 'load' | 'unload'): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${ready.port}${pathOf(model, what)}`, {
    method: 'POST',
    headers: { ...ready.headers, 'content-type': 'application/json' },
    body: '{}',
  })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${what} ${model}: ${text}`)
}

async function cycle(server: Server, model: string): Promise<void> {
  await post(server, model, 'load')
  await post(server, model, 'unload')
}

const control = 'nothing (control)'
const once = 'all three, once'
const strangers: Readonly<Record<string, URL>> = {
  'an unrelated process compiles (control)': new URL('loader/compile-without-end.ts', import.meta.url),
  'an unrelated process opens the file (control)': new URL('loader/open-without-end.ts', import.meta.url),
}
const isControl = (name: string): boolean => name === control || name in strangers

/** The models that are loaded beside what is measured under this name. */
const besideOf = (name: string): readonly string[] => (isControl(name) ? [] : name === once ? heavy : [name])

type Measured = { readonly p50: number; readonly p99: number; readonly p99s: readonly number[]; readonly loads: number }

/** For the given time, with the loads and unloads that this name stands for. */
async function measure(server: Server, load: SleepingLoad, name = control): Promise<Measured> {
  const beside = besideOf(name).flatMap((model) => (['load', 'unload'] as const).map((what) => pathOf(model, what)))
  const job = { target: server.ready, seconds: Number(values.seconds), rate: Number(values.rate), beside, once: name === once }
  const { errors, count, p50, p99, p99s, cycles } = await load.run(job)
  if (errors > 0) throw new Error(`${errors} of ${count} answers were no 200`)
  return { p50, p99, p99s, loads: cycles }
}

type Pair = { readonly before: Measured; readonly during: Measured }

/** The p99 that a quarter of the seconds stay below: other tenants of the machine only ever add to a second. */
const quietQuarter = (p99s: readonly number[]): number => quantile(p99s, 0.25)

/** Where the median of what these were drawn from lies, 19 times in 20 (order statistics, normal approximation of the binomial); all of them where they are few. */
function interval(ratios: readonly number[]): string {
  const ordered = ratios.toSorted((a, b) => a - b)
  const reach = 0.98 * Math.sqrt(ordered.length)
  const ends = [Math.floor(ordered.length / 2 - reach), Math.ceil(ordered.length / 2 + reach)]
  return ends.map((at) => (ordered.at(Math.min(Math.max(at, 0), ordered.length - 1)) as number).toFixed(2)).join(' to ')
}

function reportLoads(pairs: ReadonlyMap<string, readonly Pair[]>): void {
  const rows = [...pairs].map(([model, seen]) => {
    const ratios = seen.map(({ before, during }) => during.p99 / before.p99)
    const ratio = median(ratios)
    const quiet = (pick: (pair: Pair) => Measured): number => quietQuarter(seen.flatMap((pair) => pick(pair).p99s))
    const quietRatio = quiet(({ during }) => during) / quiet(({ before }) => before)
    const of = (pick: (pair: Pair) => number): string => median(seen.map(pick)).toFixed(2)
    const figures = [of(({ before }) => before.p50), of(({ during }) => during.p50), of(({ before }) => before.p99), of(({ during }) => during.p99)]
    const verdict = isControl(model) ? '' : ratio <= bar ? 'within' : 'MISSED'
    return [model, of(({ during }) => during.loads), ...figures, `${ratio.toFixed(2)}x`, interval(ratios), verdict, `${quietRatio.toFixed(2)}x`]
  })
  printTable(
    [`median of ${values.rounds}`, 'loads', 'p50 ms before', 'during', 'p99 ms before', 'during', 'ratio', '95 %', `bar ${bar}x`, 'quiet seconds'],
    rows,
  )
}

async function reportResidency(server: Server): Promise<void> {
  const cycles = Number(values.cycles)
  const rows: string[][] = []
  for (const model of [heavy[0], ...light]) {
    const rss: number[] = []
    for (let done = 1; done <= cycles; done += 1) {
      await cycle(server, model)
      if (done === Math.ceil(cycles / 4) || done === cycles) rss.push((await server.ask({})).rssBytes / 2 ** 20)
    }
    rows.push([model, ...rss.map((megabytes) => megabytes.toFixed(1)), ((rss[1] ?? 0) - (rss[0] ?? 0)).toFixed(1)])
  }
  printTable(['resident MB', `after ${Math.ceil(cycles / 4)} cycles`, `after ${cycles}`, 'difference'], rows)
}

/** What is measured beside one of the models, or one of the controls. */
async function measureBeside(name: string, server: Server, load: SleepingLoad): Promise<Measured> {
  const entry = strangers[name]
  if (entry === undefined) return measure(server, load, name)
  const stranger: Child<string, object, object> = await Child.start(entry, true)
  const measured = await measure(server, load)
  stranger.stop()
  return measured
}

async function compare(server: Server, load: SleepingLoad): Promise<ReadonlyMap<string, readonly Pair[]>> {
  const words = values.only.split(',')
  const names = [control, ...Object.keys(strangers), once, ...heavy].filter((name) => words.some((word) => name.includes(word)))
  const pairs = new Map<string, Pair[]>(names.map((name) => [name, []]))
  for (let round = 1; round <= Number(values.rounds); round += 1)
    for (const [model, seen] of pairs) {
      const before = await measure(server, load)
      const pair = { before, during: await measureBeside(model, server, load) }
      seen.push(pair)
      process.stderr.write(`round ${round}, ${model}: ${(pair.during.p99 / pair.before.p99).toFixed(2)}x\n`)
    }
  return pairs
}

/** Until the engine has seen what a load does often enough to leave its code as it is. */
async function warmUp(server: Server, load: SleepingLoad): Promise<void> {
  for (let round = 1; round <= warmUps; round += 1) for (const model of heavy) await measure(server, load, model)
}

async function run(): Promise<void> {
  const loader: Loader = await Child.start(new URL('support/load-process.ts', import.meta.url), false)
  const server: Server = await Child.start(new URL('servers/loader.ts', import.meta.url), true)
  const { port, path, body, headers } = server.ready
  await loader.ask({ target: { port, path, body, headers }, seconds: Number(values.seconds), connections: 8 })
  const load = new SleepingLoad(python, values.apart ? generatorProcessor : undefined)
  giveWay({ theirs: getPriority(), isIdle: true })
  await warmUp(server, load)
  reportLoads(await compare(server, load))
  load.stop()
  await reportResidency(server)
  for (const child of [loader, server]) child.stop()
}

if (values.help) console.log(help)
else {
  const outcome = values.apart ? undefined : runApart([process.execPath, ...process.argv.slice(1), '--apart'])
  if (outcome !== undefined) process.exitCode = outcome
  else {
    if (!values.apart)
      console.error('No network namespace may be made here (it takes root): the server is woken up by the load generator, which costs it up to 4 ms.')
    await run()
  }
}
