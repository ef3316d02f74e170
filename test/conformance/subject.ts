import assert from 'node:assert/strict'
import type { Deadline } from '../../src/contracts/ports.ts'
import type { LoadedModel } from '../../src/contracts/loaded-model.ts'
import { loadBundle, type LoadedBundle, type LoadPhase } from '../../src/models/load-bundle.ts'
import { type PreparedBundle, prepareBundle } from '../../src/models/prepare-bundle.ts'
import { readManifest } from '../../src/models/read-manifest.ts'
import type { ModelRuntime } from '../../src/runtimes/runtime.ts'
import { systemClock } from '../../src/system.ts'
import type { Adapter } from './adapters.ts'
import type { World } from './world.ts'

/** A law that every runtime keeps; where it has nothing to say of an adapter it is left out. */
export type Law = { readonly says: string; readonly concerns?: (adapter: Adapter) => boolean; readonly check: (subject: Subject) => Promise<void> }

/** A deadline `ms` from now. */
export const within = (ms: number, signal: AbortSignal = new AbortController().signal): Deadline => ({ at: systemClock.monotonic() + ms, signal })
/** A deadline that no test reaches. */
export const patient = (signal?: AbortSignal): Deadline => within(60_000, signal)

/** Numbers in [0, 1) that a seed fixes (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One adapter with its bundle; `model` is loaded once, for laws that leave it as it was. */
export class Subject {
  readonly adapter: Adapter
  readonly dir: string
  readonly prepared: PreparedBundle
  readonly runtime: ModelRuntime
  readonly #world: World
  #loaded: LoadedBundle | undefined

  constructor(adapter: Adapter, dir: string, world: World) {
    this.adapter = adapter
    this.dir = dir
    this.#world = world
    this.prepared = prepareBundle(readManifest(dir))
    const kind = this.prepared.manifest.runtime
    this.runtime = this.#runtimes.find((runtime) => runtime.kind === kind) ?? assert.fail(`no runtime ${kind}`)
  }

  get #runtimes(): readonly ModelRuntime[] {
    return this.adapter.inServer ? this.#world.runtimesInServer : this.#world.runtimes
  }
  /** Where a law may put files. */
  get folder(): string {
    return this.#world.folder
  }
  /** What was loaded first. */
  get loaded(): LoadedBundle {
    return this.#loaded ?? assert.fail('nothing is loaded')
  }
  get model(): LoadedModel {
    return this.loaded.runtime
  }
  async begin(): Promise<void> {
    this.#loaded = await this.load()
  }
  async end(): Promise<void> {
    await this.#loaded?.runtime.dispose()
  }

  /** Another load of the bundle, golden rows included. */
  load({
    signal = new AbortController().signal,
    onPhase = () => {},
  }: { readonly signal?: AbortSignal; readonly onPhase?: (phase: LoadPhase) => void } = {}): Promise<LoadedBundle> {
    // A load uses up what was prepared.
    const preparation = { prepare: async () => prepareBundle(readManifest(this.dir)) }
    return loadBundle(readManifest(this.dir), { runtimes: this.#runtimes, clock: systemClock, preparation, allowUnverified: false }, { signal, onPhase })
  }

  /** Rows near the golden ones; where the model takes missing values, with some. */
  rows(count: number, seed = 1): Float64Array {
    const { inputs, count: goldens } = this.prepared.golden ?? assert.fail('no golden rows')
    const width = inputs.length / goldens
    const random = randomOf(seed)
    return Float64Array.from({ length: count * width }, (_, at) => {
      const golden = inputs[Math.floor(random() * goldens) * width + (at % width)] as number
      if (this.adapter.missing === 'answered') return random() < 0.05 ? Number.NaN : golden * (1 + random() / 100)
      return (Number.isFinite(golden) ? golden : 0) * (1 + random() / 100)
    })
  }

  /** A row that takes 400 ms. */
  slowRow(): Float64Array {
    const row = this.rows(1)
    row[0] = 13
    return row
  }

  /** What a model gives for rows that it is asked for one after the other. */
  async singles(rows: Float64Array, model: LoadedModel = this.model): Promise<Float64Array> {
    const { inputs, outputs } = model
    const answer = new Float64Array((rows.length / inputs) * outputs)
    for (let i = 0; i * inputs < rows.length; i += 1) answer.set(await model.predict(rows.slice(i * inputs, (i + 1) * inputs), 1, patient()), i * outputs)
    return answer
  }
}
