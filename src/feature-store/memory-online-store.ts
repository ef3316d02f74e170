import type { Clock } from '../contracts/ports.ts'
import {
  type Claim,
  type Edits,
  type Grant,
  type OnlineStore,
  type Publication,
  type Renewal,
  replicaOf,
  type SymbolRows,
  type Update,
} from './online-store.ts'

type Kept = {
  owner: string | undefined
  fence: number
  until: number
  readonly rows: Map<string, Uint8Array>
  readonly state: Map<string, Uint8Array>
  readonly followers: Map<MemoryOnlineStore, (update: Update) => void>
}

/** What replicas of one process share. */
export class SharedMemory {
  readonly symbols = new Map<string, Kept>()
  readonly sets = new Set<string>()
}

/** Who this replica is, and how long a grant lasts. */
export type MemoryOnlineStoreDeps = { readonly memory: SharedMemory; readonly replica: string; readonly leaseMs: number; readonly clock: Clock }

function edit(kept: Map<string, Uint8Array>, { put, drop }: Edits, whole: boolean): void {
  if (whole) kept.clear()
  for (const name of drop) kept.delete(name)
  for (const [name, bytes] of put) kept.set(name, bytes.slice())
}

/** An online store for replicas of one process: what it promises is what every adapter promises, without anything to install. */
export class MemoryOnlineStore implements OnlineStore {
  readonly connected = true
  readonly #deps: MemoryOnlineStoreDeps
  constructor(deps: MemoryOnlineStoreDeps) {
    this.#deps = deps
  }

  async claim(symbol: string): Promise<Claim> {
    const { replica, leaseMs, clock } = this.#deps
    const kept = this.#of(symbol)
    const now = clock.monotonic()
    if (kept.owner !== undefined && now < kept.until) return { granted: false, writer: replicaOf(kept.owner), freeInMs: kept.until - now }
    const before = kept.owner
    kept.fence += 1
    kept.owner = `${replica}#${kept.fence}`
    kept.until = now + leaseMs
    return { granted: true, grant: { symbol, owner: kept.owner, fence: kept.fence }, before }
  }

  async renew(grants: readonly Grant[]): Promise<readonly Renewal[]> {
    const until = this.#deps.clock.monotonic() + this.#deps.leaseMs
    return grants.map(({ symbol, owner, fence }) => {
      const kept = this.#of(symbol)
      if (kept.owner !== undefined && kept.owner !== owner) return 'lost'
      const renewal = kept.owner === undefined ? 'forgotten' : 'held'
      Object.assign(kept, { owner, fence, until })
      return renewal
    })
  }

  async release(grants: readonly Grant[]): Promise<void> {
    for (const { symbol, owner } of grants) if (this.#of(symbol).owner === owner) this.#of(symbol).until = -Infinity
  }

  async publish({ symbol, owner, fence }: Grant, { sequence, whole, rows, state }: Publication): Promise<boolean> {
    const kept = this.#of(symbol)
    if (kept.owner !== owner || this.#deps.clock.monotonic() >= kept.until) return false
    edit(kept.rows, rows, whole)
    edit(kept.state, state, whole)
    if (whole || rows.put.size > 0)
      for (const listener of kept.followers.values()) listener({ fence, sequence, whole, rows: whole ? new Map<string, Uint8Array>() : rows.put })
    return true
  }

  async read(symbol: string): Promise<SymbolRows> {
    const { owner, rows } = this.#of(symbol)
    return { writer: owner && replicaOf(owner), rows: new Map(rows) }
  }

  async readState(symbol: string): Promise<ReadonlyMap<string, Uint8Array>> {
    return new Map(this.#of(symbol).state)
  }

  async follow(symbol: string, listener: (update: Update | undefined) => void): Promise<void> {
    this.#of(symbol).followers.set(this, listener)
  }

  unfollow(symbol: string): void {
    this.#of(symbol).followers.delete(this)
  }

  async announce(sets: readonly string[]): Promise<void> {
    for (const set of sets) this.#deps.memory.sets.add(set)
  }

  async announced(): Promise<readonly string[]> {
    return [...this.#deps.memory.sets]
  }

  /** Memory is always there. */
  onConnection(): void {}

  async close(): Promise<void> {
    for (const { followers } of this.#deps.memory.symbols.values()) followers.delete(this)
  }

  #of(symbol: string): Kept {
    const { symbols } = this.#deps.memory
    const kept = symbols.get(symbol) ?? { owner: undefined, fence: 0, until: -Infinity, rows: new Map(), state: new Map(), followers: new Map() }
    symbols.set(symbol, kept)
    return kept
  }
}
