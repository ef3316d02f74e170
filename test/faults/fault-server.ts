import { EventEmitter, once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { compose, type Presage } from '../../src/compose.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { OutputLine } from '../../src/processes/output-lines.ts'
import { makeIds, systemClock } from '../../src/system.ts'
import { type Answer, Client } from '../e2e/support/client.ts'
import { singleRequest } from '../e2e/support/specification.ts'
import { pathOf } from '../support/pages.ts'
import { writeBundle } from '../support/write-bundle.ts'
import { moods, workerPids, type WorkerFault } from './worker-faults.ts'

/** What came of a fault: the caller's answer, how long until the faulty model answered again, and how the other model fared meanwhile. */
export type FaultReport = {
  readonly fault: WorkerFault
  readonly outcome: number | string
  readonly answerMs: number
  readonly recoveredMs: number
  readonly others: { readonly answered: number; readonly failed: number; readonly p50Ms: number; readonly p99Ms: number }
}

const timeoutMs = 1_500

function writeModels(folder: string): void {
  cpSync(pathOf('examples/models/momentum/1.2.3'), join(folder, 'momentum', '1.2.3'), { recursive: true })
  writeBundle(folder, {
    files: { 'code/moody.py': readFileSync(pathOf('src/runtimes/python/fixtures/moody.py'), 'utf8') },
    manifest: {
      name: 'moody',
      runtime: 'python',
      artefact: { path: 'code', format: 'python-class', class: 'moody:Moody' },
      limits: { timeout: `${timeoutMs}ms`, memory: '512MiB' },
      execution: { workers: 1, spares: 1 },
    },
    answer: () => [0.25, 0.75],
  })
}

const percentile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

/** A server with a model of trees and a Python class that misbehaves on demand, with a worker and a spare. */
export class FaultServer {
  readonly #folder: string
  readonly #presage: Presage
  readonly #client: Client
  readonly #printed: EventEmitter
  private constructor(folder: string, presage: Presage, [client, printed]: readonly [Client, EventEmitter]) {
    this.#printed = printed
    this.#folder = folder
    this.#presage = presage
    this.#client = client
  }

  /** Starts it with both models loaded; `python` is a Python that has numpy and msgpack. */
  static async start(python: string): Promise<FaultServer> {
    const folder = mkdtempSync(join(tmpdir(), 'presage-faults-'))
    const models = join(folder, 'models')
    writeModels(models)
    const flags = {
      'gateway.port': '0',
      'gateway.deadlineMs': '4000',
      'data.dir': join(folder, 'var'),
      'models.dir': models,
      'models.eager': 'momentum,moody',
      'models.allowUnsafeFormats': 'true',
      'python.executable': python,
      'python.sandbox': 'off',
    }
    const config = loadConfig({ file: pathOf('examples/demo.yaml'), env: {}, flags })
    const printed = new EventEmitter()
    const log = { info: (about: object) => void printed.emit('line', about), warn() {}, error() {} }
    const presage = await compose(config, { clock: systemClock, random: Math.random, ids: makeIds(systemClock), log, version: '0.0.0-test' })
    const url = await presage.start()
    return new FaultServer(folder, presage, [new Client(url, readFileSync(presage.keyFile, 'utf8').trim()), printed])
  }

  async stop(): Promise<void> {
    await this.#presage.stop()
    rmSync(this.#folder, { recursive: true })
  }

  /** Answers of the model of trees, one after the other until `stopped`: how many failed, and how long they took. */
  async others(stopped: AbortSignal): Promise<FaultReport['others']> {
    const times: number[] = []
    let failed = 0
    while (!stopped.aborted) {
      const started = performance.now()
      const { status } = await this.#client.post('/predict', { ...singleRequest, model: 'momentum' })
      times.push(performance.now() - started)
      if (status !== 200) failed += 1
      await wait(2)
    }
    const sorted = times.toSorted((a, b) => a - b)
    return { answered: times.length, failed, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) }
  }

  /** Lets a fault happen while the other model is asked all the time. */
  async suffer(fault: WorkerFault): Promise<FaultReport> {
    await this.#recovered()
    const stopped = new AbortController()
    const others = this.others(stopped.signal)
    const started = performance.now()
    const struck = this.#strike(fault)
    const [answer] = await Promise.all([this.#ask(fault.mood), struck])
    const answerMs = performance.now() - started
    const recoveredMs = await this.#recovered()
    stopped.abort()
    return { fault, outcome: answer.status === 200 ? 200 : answer.body.code, answerMs, recoveredMs, others: await others }
  }

  async #strike({ signal }: WorkerFault): Promise<void> {
    if (signal === undefined) return
    // A slow call begins with printing the id of its process.
    const [{ line }] = (await once(this.#printed, 'line')) as [{ readonly line: OutputLine }]
    process.kill(Number(line.line), signal)
  }

  #ask(mood: keyof typeof moods): Promise<Answer> {
    return this.#client.post('/predict', { symbol: 'BTC/USDT', model: 'moody', features: { price: moods[mood], volume: 1, rsi: 50 } })
  }

  /** Ms until the faulty model answers again, and has both its workers. */
  async #recovered(): Promise<number> {
    const started = performance.now()
    let answered = Number.NaN
    for (;;) {
      if (Number.isNaN(answered)) {
        const { status, body } = await this.#ask('calm')
        if (status < 500 && status !== 200) throw new Error(body.detail)
        if (status === 200) answered = performance.now() - started
      }
      if (!Number.isNaN(answered) && workerPids().length === 2) return answered
      await wait(20)
    }
  }
}
