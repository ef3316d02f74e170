import type { Command } from 'commander'
import type { ConfigSources } from '../config/load-config.ts'
import { ServingError } from '../contracts/error.ts'

/** Options of every command that reads the configuration. */
export type ConfigOptions = { readonly config?: string; readonly set?: Readonly<Record<string, string>> }

function addSetting(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new ServingError('validation_failed', `--set ${text}: write PATH=VALUE, e.g. --set gateway.port=8081`)
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) }
}

/** Adds `--config FILE` and `--set PATH=VALUE` to a command. */
export const withConfigOptions = (command: Command): Command =>
  command
    .option('--config <file>', 'YAML file with settings (default: presage.yaml, if it is there)')
    .option('--set <path=value>', 'one setting, over file and environment; may be repeated', addSetting)

/** The sources that the options and the environment of the process name; `flags` are settings that a command has options of its own for. */
export const sourcesOf = ({ config, set }: ConfigOptions, flags: Readonly<Record<string, string>> = {}): ConfigSources => ({
  ...(config === undefined ? {} : { file: config }),
  env: process.env,
  flags: { ...set, ...flags },
})
