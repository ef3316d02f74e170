/** The right to write one symbol. `fence` grows with every grant of a symbol, so a writer that was replaced can be told from its successor; `owner` names the holder and this grant. */
export type Grant = { readonly symbol: string; readonly owner: string; readonly fence: number }

/** What became of a claim: granted, with the owner of the grant before if there was one, or held by another replica for at least `freeInMs` more unless it gives up earlier. */
export type Claim =
  | { readonly granted: true; readonly grant: Grant; readonly before: string | undefined }
  | { readonly granted: false; readonly writer: string; readonly freeInMs: number }

/** What became of a grant that was renewed: `forgotten` ones hold, but the store knew nothing of the symbol any more. */
export type Renewal = 'held' | 'forgotten' | 'lost'

/** Entries to write and entries to remove, by name. */
export type Edits = { readonly put: ReadonlyMap<string, Uint8Array>; readonly drop: readonly string[] }

/**
 * What a writer makes known of its symbol at once: rows of vectors, which readers follow, and the state from which another replica could go on. `sequence` counts the publications of a grant from 1 on;
 * a `whole` one replaces everything that was there.
 */
export type Publication = { readonly sequence: number; readonly whole: boolean; readonly rows: Edits; readonly state: Edits }

/** News of a publication, for those who follow its symbol. A `whole` one brings no rows: they must be read. */
export type Update = { readonly fence: number; readonly sequence: number; readonly whole: boolean; readonly rows: ReadonlyMap<string, Uint8Array> }

/** All rows of a symbol that are known, and who wrote it last. */
export type SymbolRows = { readonly writer: string | undefined; readonly rows: ReadonlyMap<string, Uint8Array> }

/** Where the feature vectors of all replicas meet. Every promise settles in bounded time and rejects with `online_store_unavailable` when the store cannot be asked; bytes are opaque to it. */
export interface OnlineStore {
  /** False while the store cannot be asked. */
  readonly connected: boolean
  /** Asks for the right to write a symbol for a while. */
  claim(symbol: string): Promise<Claim>
  /** Prolongs grants, also those that ran out if nobody was granted the symbol since; says of each, in their order, what became of it. */
  renew(grants: readonly Grant[]): Promise<readonly Renewal[]>
  /** Gives grants back, so that others need not wait. */
  release(grants: readonly Grant[]): Promise<void>
  /** Writes all or nothing: false, and nothing written, when the grant is no longer the one that holds. */
  publish(grant: Grant, publication: Publication): Promise<boolean>
  /** The rows of a symbol. */
  read(symbol: string): Promise<SymbolRows>
  /** The state of a symbol. */
  readState(symbol: string): Promise<ReadonlyMap<string, Uint8Array>>
  /** Hears of every publication of a symbol once the promise is fulfilled; undefined stands for news that came damaged. */
  follow(symbol: string, listener: (update: Update | undefined) => void): Promise<void>
  /** Hears no more of a symbol. */
  unfollow(symbol: string): void
  /** Tells every replica, also later ones, which feature sets are read here; it is forgotten after a week. */
  announce(sets: readonly string[]): Promise<void>
  /** The sets that were announced, by whomever. */
  announced(): Promise<readonly string[]>
  /** Calls back whenever news may have been missed or the store can (not) be asked any more. */
  onConnection(listener: (connected: boolean) => void): void
  /** Ends the connections. */
  close(): Promise<void>
}

/** The name of the replica in the owner of a grant. */
export const replicaOf = (owner: string): string => owner.slice(0, owner.indexOf('#'))
