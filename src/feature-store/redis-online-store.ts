import type { Claim, Edits, Grant, OnlineStore, Publication, Renewal, SymbolRows, Update } from './online-store.ts'
import { replicaOf } from './online-store.ts'
import { type Argument, RedisLink, type RedisLinkDeps } from './redis-link.ts'
import { claimScript, publishScript, releaseScript, renewScript, type Script } from './redis-scripts.ts'
import { decodeUpdate, encodeUpdate } from './update-message.ts'

/** Where Redis is, the prefix of every key, who this replica is (its name and life), and how long a grant lasts. */
export type RedisOnlineStoreDeps = RedisLinkDeps & { readonly prefix: string; readonly replica: string; readonly leaseMs: number }

/** Symbols of which nothing is published any more are forgotten after a week. */
const keptMs = 7 * 86_400_000
const renewals: readonly Renewal[] = ['lost', 'held', 'forgotten']
const noRows: ReadonlyMap<string, Uint8Array> = new Map()

const argumentsOf = ({ put, drop }: Edits): Argument[] => [
  String(put.size),
  ...[...put].flatMap(([name, bytes]): Argument[] => [name, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)]),
  String(drop.length),
  ...drop,
]

/** Names and values of a hash. A reply is a map or, where the server speaks the older protocol, a list. */
function entriesOf(reply: unknown): Map<string, Uint8Array> {
  const flat = Array.isArray(reply) ? (reply as Buffer[]) : Object.entries(reply as Record<string, Buffer>).flat()
  const entries = new Map<string, Uint8Array>()
  for (let i = 0; i < flat.length; i += 2) entries.set(String(flat[i]), flat[i + 1] as Buffer)
  return entries
}

/** The online store in Redis: a lease, a hash of rows and a hash of state for every symbol, news by Pub/Sub. Every write carries its lease and is refused by the server when another replica has it. */
export class RedisOnlineStore implements OnlineStore {
  readonly #deps: RedisOnlineStoreDeps
  readonly #link: RedisLink
  constructor(deps: RedisOnlineStoreDeps) {
    this.#deps = deps
    this.#link = new RedisLink(deps)
  }

  get connected(): boolean {
    return this.#link.connected
  }

  /** Connects; settles once it is connected, or after a command's time: then it goes on trying. */
  open(): Promise<void> {
    return this.#link.open()
  }

  async claim(symbol: string): Promise<Claim> {
    const { replica, leaseMs } = this.#deps
    const reply = (await this.#run(claimScript, [this.#key(symbol, 'lease'), this.#key(symbol, 'last')], [replica, String(leaseMs)])) as unknown[]
    const owner = String(reply[1])
    if (Number(reply[0]) === 0) return { granted: false, writer: replicaOf(owner), freeInMs: Number(reply[2]) }
    const before = String(reply[3])
    return { granted: true, grant: { symbol, owner, fence: Number(reply[2]) }, before: before === '' ? undefined : before }
  }

  async renew(grants: readonly Grant[]): Promise<readonly Renewal[]> {
    const ms = String(this.#deps.leaseMs)
    const replies = await Promise.all(
      grants.map(({ symbol, owner }) => this.#run(renewScript, [this.#key(symbol, 'lease'), this.#key(symbol, 'last')], [owner, ms])),
    )
    return replies.map((reply) => renewals[Number(reply)] as Renewal)
  }

  async release(grants: readonly Grant[]): Promise<void> {
    await Promise.all(grants.map(({ symbol, owner }) => this.#run(releaseScript, [this.#key(symbol, 'lease')], [owner])))
  }

  async publish({ symbol, owner, fence }: Grant, { sequence, whole, rows, state }: Publication): Promise<boolean> {
    const message = whole || rows.put.size > 0 ? encodeUpdate({ fence, sequence, whole, rows: whole ? noRows : rows.put }) : ''
    const keys = ['lease', 'last', 'rows', 'state'].map((part) => this.#key(symbol, part))
    const about = [owner, String(keptMs), whole ? '1' : '0', this.#channel(symbol), message]
    return Number(await this.#run(publishScript, keys, [...about, ...argumentsOf(rows), ...argumentsOf(state)])) === 1
  }

  async read(symbol: string): Promise<SymbolRows> {
    const [last, rows] = await Promise.all([this.#link.command(['GET', this.#key(symbol, 'last')]), this.#link.command(['HGETALL', this.#key(symbol, 'rows')])])
    return { writer: last === null ? undefined : replicaOf((last as Buffer).toString()), rows: entriesOf(rows) }
  }

  async readState(symbol: string): Promise<ReadonlyMap<string, Uint8Array>> {
    return entriesOf(await this.#link.command(['HGETALL', this.#key(symbol, 'state')]))
  }

  follow(symbol: string, listener: (update: Update | undefined) => void): Promise<void> {
    return this.#link.subscribe(this.#channel(symbol), (message) => listener(decodeUpdate(message)))
  }

  unfollow(symbol: string): void {
    this.#link.unsubscribe(this.#channel(symbol))
  }

  async announce(sets: readonly string[]): Promise<void> {
    const now = String(this.#deps.clock.now())
    await this.#link.command(['ZADD', this.#sets, ...sets.flatMap((set) => [now, set])])
  }

  async announced(): Promise<readonly string[]> {
    await this.#link.command(['ZREMRANGEBYSCORE', this.#sets, '-inf', String(this.#deps.clock.now() - keptMs)])
    return ((await this.#link.command(['ZRANGE', this.#sets, '0', '-1'])) as Buffer[]).map(String)
  }

  onConnection(listener: (connected: boolean) => void): void {
    this.#link.onConnection(listener)
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  get #sets(): string {
    return `${this.#deps.prefix}:sets`
  }

  /** Keys of one symbol share a hash tag, so that a cluster keeps them together. */
  #key(symbol: string, part: string): string {
    return `${this.#deps.prefix}:{${symbol}}:${part}`
  }

  #channel(symbol: string): string {
    return `${this.#deps.prefix}:{${symbol}}`
  }

  async #run({ text, sha }: Script, keys: readonly string[], values: readonly Argument[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...values]
    try {
      return await this.#link.command(['EVALSHA', sha, ...rest])
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return this.#link.command(['EVAL', text, ...rest])
    }
  }
}
