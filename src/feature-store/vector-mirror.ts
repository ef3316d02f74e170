import type { MirrorMeter } from './mirror-meter.ts'
import type { OnlineStore, Update } from './online-store.ts'
import { MirroredRows, type MirroredSet } from './mirrored-rows.ts'
import type { VectorRow } from './vector-row.ts'

/** What the mirror needs. At most `symbols` symbols are mirrored: those that are read again stay. */
export type VectorMirrorDeps = { readonly store: OnlineStore; readonly symbols: number; readonly meter: MirrorMeter }

/** What is mirrored of one symbol. It is `current` while every publication since its rows were read has been heard of. */
type Mirrored = {
  readonly symbol: string
  readonly rows: MirroredRows
  writer: string | undefined
  current: boolean
  following: boolean
  used: boolean
  reading: Promise<void> | undefined
  readonly waiting: (Update | undefined)[]
}

/**
 * Rows of other replicas' symbols in this process: read once, then kept up by news that bring the rows themselves. A gap in the news, or news that cannot be trusted, makes the next read a
 * round trip. What cannot be brought up to date stays as it is: its times tell how old it is.
 */
export class VectorMirror {
  readonly #deps: VectorMirrorDeps
  readonly #sets = new Map<string, MirroredSet>()
  readonly #symbols = new Map<string, Mirrored>()
  constructor(deps: VectorMirrorDeps) {
    this.#deps = deps
    deps.store.onConnection(() => this.#doubtAll())
  }

  /** Mirrors the rows of a set too, from now on. */
  include(set: MirroredSet): void {
    if (this.#sets.has(set.key)) return
    this.#sets.set(set.key, set)
    this.#doubtAll()
  }

  /** Rows of a set, oldest first, as far as they are known here. */
  rows(symbol: string, setKey: string): readonly VectorRow[] | undefined {
    const mirrored = this.#symbols.get(symbol)
    if (mirrored === undefined) return undefined
    mirrored.used = true
    return mirrored.rows.of(setKey)
  }

  /** The replica that wrote a symbol last, as far as it is known here. */
  writer(symbol: string): string | undefined {
    return this.#symbols.get(symbol)?.writer
  }

  /** Brings a symbol up to date; undefined when it is, or when the store cannot be asked. Never rejects. */
  fetch(symbol: string): Promise<void> | undefined {
    const { store, meter } = this.#deps
    const known = this.#symbols.get(symbol)
    if (known?.current) {
      meter.mirror.add()
      return undefined
    }
    if (known?.reading) return known.reading
    if (!store.connected) {
      meter.unavailable.add()
      return undefined
    }
    const mirrored = known ?? this.#begin(symbol)
    mirrored.reading = this.#read(mirrored).finally(() => (mirrored.reading = undefined))
    return mirrored.reading
  }

  /** Forgets a symbol. */
  forget(symbol: string): void {
    if (this.#symbols.delete(symbol)) this.#deps.store.unfollow(symbol)
    this.#deps.meter.symbols.set(this.#symbols.size)
  }

  #begin(symbol: string): Mirrored {
    if (this.#symbols.size >= this.#deps.symbols) this.#evict()
    const mirrored: Mirrored = {
      symbol,
      rows: new MirroredRows(this.#sets, this.#deps.meter),
      writer: undefined,
      current: false,
      following: false,
      used: true,
      reading: undefined,
      waiting: [],
    }
    this.#symbols.set(symbol, mirrored)
    this.#deps.meter.symbols.set(this.#symbols.size)
    return mirrored
  }

  /** One that was not read lately, as a clock hand finds it (second chance): a read costs no more than a mark. */
  #evict(): void {
    for (const [symbol, mirrored] of [...this.#symbols, ...this.#symbols]) {
      if (!mirrored.used && mirrored.reading === undefined) return this.forget(symbol)
      mirrored.used = false
      this.#symbols.delete(symbol)
      this.#symbols.set(symbol, mirrored)
    }
  }

  async #read(mirrored: Mirrored): Promise<void> {
    const { store, meter } = this.#deps
    const { symbol, waiting } = mirrored
    meter.roundTrip.add()
    try {
      // Follow first: what is published between the two is heard of, and told apart by its version.
      if (!mirrored.following) await store.follow(symbol, (update) => this.#hear(mirrored, update))
      mirrored.following = true
      waiting.length = 0
      const { writer, rows } = await store.read(symbol)
      mirrored.writer = writer
      mirrored.current = mirrored.rows.replace(rows)
    } catch {
      meter.unavailable.add()
      return
    }
    for (const update of waiting.splice(0)) this.#take(mirrored, update)
  }

  #hear(mirrored: Mirrored, update: Update | undefined): void {
    if (this.#symbols.get(mirrored.symbol) !== mirrored) return
    if (mirrored.reading) mirrored.waiting.push(update)
    else this.#take(mirrored, update)
  }

  #take(mirrored: Mirrored, update: Update | undefined): void {
    if (update === undefined) this.#deps.meter.corrupt.add()
    mirrored.current = mirrored.current && update !== undefined && mirrored.rows.append(update)
  }

  #doubtAll(): void {
    for (const mirrored of this.#symbols.values()) mirrored.current = false
  }
}
