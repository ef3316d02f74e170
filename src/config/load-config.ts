import { existsSync, readFileSync } from 'node:fs'
import { ServingError } from '../contracts/error.ts'
import { feedFaults } from './feed-faults.ts'
import type { Given, SourceReading } from './given.ts'
import { faultsOf, type Problem } from './problems.ts'
import type { Config } from './schema.ts'
import { type Setting, settings } from './settings.ts'
import { fileVariable, readEnvironment, readFlags } from './text-source.ts'
import { readYamlSource } from './yaml-source.ts'

/** Where settings come from, the later over the earlier: a YAML file (default `presage.yaml`, if it is there), the environment, the command line (path of a setting -> text). */
export type ConfigSources = {
  readonly file?: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags?: Readonly<Record<string, string>>
}

/** A configuration as far as it could be read, where each setting was written (`default` if nowhere), and all that is wrong with it. */
export type ConfigReading = { readonly config: Config; readonly origins: ReadonlyMap<string, string>; readonly problems: readonly Problem[] }

const defaultFile = 'presage.yaml'

function readFile({ file, env }: ConfigSources): SourceReading {
  const wanted = file ?? env[fileVariable]
  const path = wanted ?? defaultFile
  if (existsSync(path)) return readYamlSource(readFileSync(path, 'utf8'), path)
  return { given: [], problems: wanted === undefined ? [] : [{ where: path, name: '', message: 'is not there' }] }
}

const settingByName = new Map(settings.map((setting) => [setting.name, setting]))

function problemsOf({ name, value, where }: Given): Problem[] {
  const setting = settingByName.get(name)
  return setting ? faultsOf(setting.schema, value).map((message) => ({ where, name, message })) : []
}

function place(config: Record<string, unknown>, { path }: Setting, value: unknown): void {
  const last = path.at(-1) as string
  let group = config
  for (const key of path.slice(0, -1)) group = (group[key] ??= {}) as Record<string, unknown>
  if (value !== undefined) group[last] = structuredClone(value)
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  Object.values(value).forEach(deepFreeze)
  return Object.freeze(value)
}

/** What the client of Redis would end the start with. */
function redisFaults({ redis }: Config): string[] {
  if (redis.url === undefined) return []
  const url = URL.parse(redis.url)
  const fits = url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^\/?\d*$/.test(url.pathname)
  return fits ? [] : ['must be redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS; DB is a number']
}

function contradictions(config: Config, origins: ReadonlyMap<string, string>): Problem[] {
  const { gateway } = config
  const problem = (name: string, message: string): Problem => ({ where: origins.get(name) ?? '', name, message })
  const late = gateway.deadlineMs > gateway.maxDeadlineMs
  return [
    ...(late ? [problem('gateway.deadlineMs', `must not be above gateway.maxDeadlineMs, which is ${gateway.maxDeadlineMs}`)] : []),
    ...feedFaults(config).map((message) => problem('feeds', message)),
    ...redisFaults(config).map((message) => problem('redis.url', message)),
  ]
}

/** Reads all sources without refusing anything: what `presage config` shows. */
export function readConfig(sources: ConfigSources): ConfigReading {
  const readings = [readFile(sources), readEnvironment(sources.env), readFlags(sources.flags ?? {})]
  const given = readings.flatMap((reading) => reading.given)
  const faults = given.flatMap(problemsOf)
  const winners = new Map(given.filter((one) => problemsOf(one).length === 0).map((one) => [one.name, one]))
  const config: Record<string, unknown> = {}
  const origins = new Map<string, string>()
  for (const setting of settings) {
    const winner = winners.get(setting.name)
    place(config, setting, winner ? winner.value : setting.schema.default)
    origins.set(setting.name, winner?.where ?? 'default')
  }
  const checked = deepFreeze(config) as Config
  return { config: checked, origins, problems: [...readings.flatMap(({ problems }) => problems), ...faults, ...contradictions(checked, origins)] }
}

/** One line for each problem: where it was written, which setting, what to do. */
export const problemLines = (problems: readonly Problem[]): string[] =>
  problems.map(({ where, name, message }) => `${where}: ${name}${name === '' ? '' : ' '}${message}`)

/** The configuration of all sources, checked and frozen. Throws one `validation_failed` that lists every problem. */
export function loadConfig(sources: ConfigSources): Config {
  const { config, problems } = readConfig(sources)
  if (problems.length === 0) return config
  throw new ServingError(
    'validation_failed',
    `The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n  ${problemLines(problems).join('\n  ')}`,
  )
}
