import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noMeter } from '../../src/contracts/meter.ts'
import { Launcher } from '../../src/processes/launcher.ts'
import { makeRuntimes } from '../../src/runtimes/index.ts'
import { FakeServer, json, type Mood } from '../../src/runtimes/remote/testing/fake-server.ts'
import type { ModelRuntime } from '../../src/runtimes/runtime.ts'
import { systemClock } from '../../src/system.ts'
import { pathOf } from '../support/pages.ts'
import { lean } from './fixtures/leaning.mts'

/** What the suite runs in: a folder for bundles, every runtime as the server makes it, and a server whose model is `lean`, a null counting as nothing. */
export type World = {
  readonly folder: string
  readonly runtimes: readonly ModelRuntime[]
  /** The same, with ONNX models computed in the server. */
  readonly runtimesInServer: readonly ModelRuntime[]
  readonly remoteHost: string
  close(): Promise<void>
}

const leaning: Mood = (response, { input }) => {
  const { data = [], shape: [count = 0] = [] } = input ?? {}
  const values = data.map((value) => value ?? 0)
  const pairs = Array.from({ length: count }, (_, i) => lean(values.slice(3 * i, 3 * i + 3)))
  const answer = { model_name: 'momentum', outputs: [{ name: 'p', datatype: 'FP64', shape: [count, 2], data: pairs.flat() }] }
  const isSlow = values.some((value, i) => i % 3 === 0 && value === 13)
  if (isSlow) setTimeout(() => json(response, 200, answer), 400).unref()
  else json(response, 200, answer)
}

/** Starts it. */
export async function makeWorld(): Promise<World> {
  const server = new FakeServer()
  server.mood = leaning
  await server.listen()
  const folder = mkdtempSync(join(tmpdir(), 'presage-conformance-'))
  const launcher = new Launcher()
  const make = (onnxInServer: readonly string[]): readonly ModelRuntime[] =>
    makeRuntimes(
      { launcher, clock: systemClock, random: Math.random, log: () => {}, meter: noMeter },
      {
        python: { executable: pathOf('.venv/bin/python'), sandbox: 'off', allowUnsafeFormats: true },
        modulePaths: [folder],
        onnxInServer,
        libraryPath: [],
        processMemoryMb: 1_024,
        remote: { remoteHosts: [server.host] },
      },
    )
  const close = async (): Promise<void> => {
    await server.close()
    rmSync(folder, { recursive: true })
  }
  return { folder, runtimes: make([]), runtimesInServer: make(['baseline', 'lstm_momentum_v1']), remoteHost: server.host, close }
}
