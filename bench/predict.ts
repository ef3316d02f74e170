import { parseArgs } from 'node:util'
import { Child } from './support/child.ts'
import type { LoadJob, LoadSummary } from './support/load-process.ts'
import type { ServerReady, ServerUsage } from './support/measured-server.ts'
import { median, printTable } from './support/report.ts'

type Server = Child<ServerReady, object, ServerUsage>
type Loader = Child<undefined, LoadJob, LoadSummary>
type Round = { readonly perSecond: number; readonly cpuUs: number; readonly closed: LoadSummary; readonly open: LoadSummary }

const help = `npm run bench [-- --rounds 5 --seconds 4 --rate 1000]

Measures POST /predict of the real server (30 inputs, 500 trees x 31 leaves, key checked, features read, decision kept) beside a bare Fastify
route with the same body, validation and answer size: interleaved, load made by another process, medians of the rounds, figures as ratios.`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    rate: { type: 'string', default: '1000' },
    help: { type: 'boolean', default: false },
  },
})

const warmUpRequests = 30_000

/** By requests and not by time: what the compiler has optimised depends on how often it ran. */
async function warmUp(server: Server, loader: Loader): Promise<void> {
  const { port, path, body, headers } = server.ready
  for (let seen = 0; seen < warmUpRequests;)
    seen += (await loader.ask({ target: { port, path, body, headers }, seconds: Number(values.seconds), connections: 16 })).count
}

async function measure(server: Server, loader: Loader): Promise<Round> {
  const { port, path, body, headers } = server.ready
  const target = { port, path, body, headers }
  const seconds = Number(values.seconds)
  const before = await server.ask({})
  const closed = await loader.ask({ target, seconds, connections: 16 })
  const after = await server.ask({})
  const open = await loader.ask({ target, seconds, rate: Number(values.rate) })
  if (closed.errors + open.errors > 0) throw new Error(`${closed.errors + open.errors} of ${closed.count + open.count} answers were no 200`)
  return { perSecond: closed.perSecond, cpuUs: (after.cpuUs - before.cpuUs) / closed.count, closed, open }
}

async function run(): Promise<void> {
  const loader: Loader = await Child.start(new URL('support/load-process.ts', import.meta.url), false)
  const bare: Server = await Child.start(new URL('servers/bare.ts', import.meta.url), true)
  const presage: Server = await Child.start(new URL('servers/presage.ts', import.meta.url), true)
  for (const server of [bare, presage]) await warmUp(server, loader)
  const rounds: { bare: Round; presage: Round }[] = []
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const pair = { bare: await measure(bare, loader), presage: await measure(presage, loader) }
    rounds.push(pair)
    process.stderr.write(`round ${round}: ${(pair.presage.perSecond / pair.bare.perSecond).toFixed(2)}x the bare route's throughput\n`)
  }
  report(rounds, { bare: (await bare.ask({})).rssBytes, presage: (await presage.ask({})).rssBytes })
  for (const child of [loader, bare, presage]) child.stop()
}

function report(rounds: readonly { bare: Round; presage: Round }[], rss: { bare: number; presage: number }): void {
  const row = (name: string, pick: (round: Round) => number, digits: number): string[] => {
    const bare = rounds.map((round) => pick(round.bare))
    const presage = rounds.map((round) => pick(round.presage))
    const ratio = median(rounds.map((round) => pick(round.presage) / pick(round.bare)))
    return [name, median(bare).toFixed(digits), median(presage).toFixed(digits), `${ratio.toFixed(2)}x`]
  }
  printTable(
    ['median of ' + rounds.length, 'bare route', 'presage', 'ratio'],
    [
      row('closed loop: requests/s', (round) => round.perSecond, 0),
      row('closed loop: CPU µs per request', (round) => round.cpuUs, 1),
      row('closed loop: p50 ms', (round) => round.closed.p50, 3),
      row('closed loop: p99 ms', (round) => round.closed.p99, 3),
      row(`open loop ${values.rate}/s: p50 ms`, (round) => round.open.p50, 3),
      row(`open loop ${values.rate}/s: p99 ms`, (round) => round.open.p99, 3),
      row(`open loop ${values.rate}/s: p99.9 ms`, (round) => round.open.p999, 3),
      ['resident memory MB', (rss.bare / 2 ** 20).toFixed(0), (rss.presage / 2 ** 20).toFixed(0), `${(rss.presage / rss.bare).toFixed(2)}x`],
    ],
  )
}

if (values.help) console.log(help)
else await run()
