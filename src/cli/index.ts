import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { ServingError } from '../contracts/error.ts'
import { printable } from './printable.ts'

type Register = (program: Command) => void
type CommandRow = { readonly name: string; readonly summary: string; readonly load: () => Promise<Register> }

/** Every command, in the order of the help. A command's code is loaded only when it runs, so that none pays for another's start. */
const commands: readonly CommandRow[] = [
  { name: 'serve', summary: 'start the server', load: async () => (await import('./serve.ts')).registerServe },
  { name: 'ingest', summary: 'send bars of a file to a running server', load: async () => (await import('./ingest.ts')).registerIngest },
  { name: 'feeds', summary: 'list and try live feeds of exchanges', load: async () => (await import('./feeds.ts')).registerFeeds },
  { name: 'calendars', summary: 'list calendars and their sessions', load: async () => (await import('./calendars.ts')).registerCalendars },
  { name: 'models', summary: 'list, verify and import bundles', load: async () => (await import('./models.ts')).registerModels },
  { name: 'config', summary: 'show and check the settings', load: async () => (await import('./config.ts')).registerConfig },
  { name: 'features', summary: 'list features and export training rows', load: async () => (await import('./features.ts')).registerFeatures },
  { name: 'python', summary: 'the environment of Python workers', load: async () => (await import('./python.ts')).registerPython },
  { name: 'bench', summary: 'measure a model on this machine', load: async () => (await import('./bench.ts')).registerBench },
  { name: 'openapi', summary: 'print the OpenAPI document of the server', load: async () => (await import('./openapi.ts')).registerOpenapi },
]

const examples = `
Examples:
  presage serve --demo                     start with the example models and a replay of real bars
  presage models check examples/models/*/* verify bundles: digests, limits, golden rows
  presage ingest bars bars.csv.gz --symbol BTC/USDT --timeframe 1m
  presage config check                     every problem of the settings at once
`

const versionOf = (): string => (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version

/** What a command does not understand leads to its own help, not to that of all. */
function leadToHelp(command: Command, written: string): void {
  command.showHelpAfterError(`(${written} --help says more)`)
  for (const part of command.commands) leadToHelp(part, `${written} ${part.name()}`)
}

/** A program that knows all names; only the command that is asked for has its options, as the others are not loaded. */
async function makeProgram(wanted: string | undefined): Promise<Command> {
  const program = new Command('presage').description('Model serving for trading platforms: a symbol and a moment in, a signal with its confidence out.')
  program.enablePositionalOptions().version(versionOf(), '-V, --version').addHelpText('after', examples)
  for (const { name, summary, load } of commands) {
    if (name === wanted) (await load())(program)
    else program.command(name).description(summary)
    program.commands.find((command) => command.name() === name)?.summary(summary)
  }
  leadToHelp(program, 'presage')
  return program
}

/** A refusal is told in its own words and ends with exit code 1; anything else is a bug and keeps its stack. */
function report(error: unknown): void {
  if (!(error instanceof ServingError)) throw error
  console.error(printable(error.message))
  process.exitCode = 1
}

/** Runs `presage` with the words of a command line; sets the exit code of the process. */
export async function main(words: readonly string[]): Promise<void> {
  const wanted = words.find((word) => !word.startsWith('-'))
  const program = await makeProgram(wanted === 'help' ? words[words.indexOf('help') + 1] : wanted)
  await program.parseAsync([...words], { from: 'user' }).catch(report)
}
