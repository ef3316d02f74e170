import { loadConfig } from '../config/load-config.ts'
import { noMeter } from '../contracts/meter.ts'
import { Launcher } from '../processes/launcher.ts'
import { makeRuntimes } from '../runtimes/index.ts'
import { runtimeSettings } from '../runtimes/runtime-settings.ts'
import type { ModelRuntime } from '../runtimes/runtime.ts'
import { systemClock } from '../system.ts'
import { type ConfigOptions, sourcesOf } from './config-options.ts'

/** The runtimes as the server with these settings would have them; `onLine` hears what models print, if someone wants it. Throws `validation_failed` for settings that are wrong. */
export const quietRuntimes = (options: ConfigOptions, onLine: (line: string) => void = () => {}): readonly ModelRuntime[] =>
  makeRuntimes(
    { launcher: new Launcher(), clock: systemClock, random: Math.random, meter: noMeter, log: ({ line }) => onLine(line) },
    runtimeSettings(loadConfig(sourcesOf(options))),
  )
