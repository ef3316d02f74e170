import type { Command } from 'commander'
import { stringify } from 'yaml'
import { loadConfig, problemLines, readConfig } from '../config/load-config.ts'
import { redacted } from '../config/redacted.ts'
import { type ConfigOptions, sourcesOf, withConfigOptions } from './config-options.ts'

const examples = `
Examples:
  presage config print                     every setting, with the place that it comes from
  presage config print --json              the same for programs
  presage config check --config prod.yaml  exit code 1 and every problem if something is wrong
`

function print({ json, ...options }: ConfigOptions & { readonly json?: boolean }): void {
  const { config, origins, problems } = readConfig(sourcesOf(options))
  const shown = redacted(config)
  if (json) console.log(JSON.stringify({ config: shown, origins: Object.fromEntries(origins) }, undefined, 2))
  else console.log(withOrigins(stringify(shown, { flowCollectionPadding: false }), origins))
  if (problems.length === 0) return
  console.error(problemLines(problems).join('\n'))
  process.exitCode = 1
}

/** Adds to each line of the YAML where its setting was written; defaults stay bare. */
function withOrigins(yaml: string, origins: ReadonlyMap<string, string>): string {
  let group = ''
  return yaml
    .trimEnd()
    .split('\n')
    .map((line) => {
      const match = /^( *)([A-Za-z]+):/.exec(line)
      if (!match) return line
      if (match[1] === '') group = match[2] as string
      const origin = origins.get(match[1] === '' ? group : `${group}.${match[2]}`)
      return origin === undefined || origin === 'default' ? line : `${line}  # ${origin}`
    })
    .join('\n')
}

function check(options: ConfigOptions): void {
  loadConfig(sourcesOf(options))
  console.log('The configuration is sound.')
}

/** `presage config print|check`: what is set, where, and whether it is right. */
export function registerConfig(program: Command): void {
  const config = program.command('config').description('show and check the settings').addHelpText('after', examples)
  withConfigOptions(config.command('print').description('print every setting as YAML, secrets hidden').option('--json', 'print JSON')).action(print)
  withConfigOptions(config.command('check').description('report every problem of the settings at once')).action(check)
}
