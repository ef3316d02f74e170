import { join } from 'node:path'
import type { Command } from 'commander'
import { readConfig } from '../config/load-config.ts'
import type { Config } from '../config/schema.ts'

/** Where a command finds what the settings have a place for. */
const places = {
  models: { setting: 'models.dir', of: ({ models }: Config) => models.dir },
  sets: { setting: 'features.dir', of: ({ features }: Config) => features.dir },
  history: { setting: 'data.dir', of: ({ data }: Config) => join(data.dir, 'history') },
  keyFile: { setting: 'data.dir', of: ({ data }: Config) => join(data.dir, 'admin.key') },
} as const

const flags = { models: '--models <dir>', sets: '--sets <dir>', history: '--history <dir>', keyFile: '--key-file <file>' } as const

/** Adds the option for a place, which is that of the server with these settings (of the file that `--config` names, where the command has it) if the line does not say another. */
export function withPlace(command: Command, place: keyof typeof places, description: string): Command {
  const { setting, of } = places[place]
  return command.option(flags[place], `${description} (default: by the setting ${setting})`).hook('preAction', (self) => {
    const { [place]: said, config } = self.opts<Readonly<Record<string, string | undefined>>>()
    if (said !== undefined) return
    self.setOptionValueWithSource(place, of(readConfig({ ...(config === undefined ? {} : { file: config }), env: process.env }).config), 'config')
  })
}
