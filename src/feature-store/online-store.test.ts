import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { systemClock, systemTimer } from '../system.ts'
import { MemoryOnlineStore, SharedMemory } from './memory-online-store.ts'
import type { Claim, Grant, OnlineStore, Publication, Update } from './online-store.ts'
import { RedisLink } from './redis-link.ts'
import { RedisOnlineStore } from './redis-online-store.ts'
import { redisOrSkip } from './testing/redis-server.ts'

type World = { readonly a: OnlineStore; readonly b: OnlineStore; readonly lapse: (symbol: string) => Promise<void>; readonly forget: () => Promise<void> }

const leaseMs = 60_000
const machine = { clock: systemClock, random: Math.random, timer: systemTimer, commandTimeoutMs: 5_000 }

/** Two replicas over each adapter, and how to let a grant run out. */
const adapters: Readonly<Record<string, (t: TestContext) => Promise<World | undefined>>> = {
  async memory() {
    const memory = new SharedMemory()
    let now = 0
    const clock = { now: () => now, monotonic: () => now }
    const replica = (name: string) => new MemoryOnlineStore({ memory, replica: name, leaseMs, clock })
    return { a: replica('a'), b: replica('b'), lapse: async () => void (now += leaseMs), forget: async () => memory.symbols.clear() }
  },
  async redis(t) {
    const server = await redisOrSkip(t)
    if (server === undefined) return undefined
    await server.start()
    const replica = async (name: string): Promise<OnlineStore> => {
      const store = new RedisOnlineStore({ ...machine, url: server.url, prefix: 'test', replica: name, leaseMs })
      t.after(() => store.close())
      await store.open()
      return store
    }
    const link = new RedisLink({ ...machine, url: server.url })
    t.after(() => link.close())
    await link.open()
    return {
      a: await replica('a'),
      b: await replica('b'),
      lapse: async (symbol) => void (await link.command(['DEL', `test:{${symbol}}:lease`])),
      forget: async () => void (await link.command(['FLUSHALL'])),
    }
  },
}

const bytes = (text: string): Uint8Array => Buffer.from(text)
const edits = (put: Record<string, string>, drop: readonly string[] = []) => ({
  put: new Map(Object.entries(put).map(([name, text]) => [name, bytes(text)])),
  drop,
})
const publication = (sequence: number, rows: Record<string, string>, more: Partial<Publication> = {}): Publication => ({
  sequence,
  whole: false,
  rows: edits(rows),
  state: edits({}),
  ...more,
})
const textsOf = (entries: ReadonlyMap<string, Uint8Array>) => Object.fromEntries([...entries].map(([name, value]) => [name, Buffer.from(value).toString()]))

async function grantOf(store: OnlineStore, symbol = 'BTC/USDT'): Promise<Grant> {
  const claim = await store.claim(symbol)
  assert.ok(claim.granted)
  return claim.grant
}

/** Gathers news until there are as many as wanted. */
function newsOf(store: OnlineStore, symbol = 'BTC/USDT') {
  const all: (Update | undefined)[] = []
  let wake = (): void => undefined
  const following = store.follow(symbol, (update) => {
    all.push(update)
    wake()
  })
  return {
    following,
    async first(count: number): Promise<(Update | undefined)[]> {
      while (all.length < count) await new Promise<void>((resolve) => (wake = resolve))
      return all
    },
  }
}

for (const [name, makeWorld] of Object.entries(adapters))
  suite(`an online store (${name})`, () => {
    const law = (sentence: string, check: (world: World) => Promise<void>): void =>
      void test(sentence, async (t) => {
        const world = await makeWorld(t)
        if (world) await check(world)
      })

    law('grants a symbol to one replica, and tells the others who has it', async ({ a, b }) => {
      const grant = await grantOf(a)
      const refused = (await b.claim('BTC/USDT')) as Extract<Claim, { granted: false }>
      assert.deepEqual([refused.granted, refused.writer], [false, 'a'])
      assert.ok(refused.freeInMs > 0 && refused.freeInMs <= leaseMs)
      assert.equal((await b.claim('ETH/USDT')).granted, true)
      assert.equal(grant.symbol, 'BTC/USDT')
    })

    law('grants a symbol again once it was given back or ran out, with a higher fence and the owner before', async ({ a, b, lapse }) => {
      const first = await grantOf(a)
      await a.release([first])
      const second = (await b.claim('BTC/USDT')) as Extract<Claim, { granted: true }>
      assert.deepEqual([second.granted, second.before], [true, first.owner])
      assert.ok(second.grant.fence > first.fence)
      await lapse('BTC/USDT')
      const third = await grantOf(a)
      assert.ok(third.fence > second.grant.fence)
      assert.notEqual(third.owner, first.owner)
    })

    law('renews grants, also one that ran out if nobody had it since, and tells which are lost', async ({ a, b, lapse }) => {
      const [btc, eth] = [await grantOf(a), await grantOf(a, 'ETH/USDT')]
      assert.deepEqual(await a.renew([btc, eth]), ['held', 'held'])
      await lapse('BTC/USDT')
      assert.deepEqual(await a.renew([btc]), ['held'])
      assert.equal((await b.claim('BTC/USDT')).granted, false)
      await lapse('BTC/USDT')
      await grantOf(b)
      assert.deepEqual(await a.renew([eth, btc]), ['held', 'lost'])
    })

    law('renews a grant of which it has lost all memory, and says so, unless somebody else was granted the symbol', async ({ a, b, forget }) => {
      const [btc, eth] = [await grantOf(a), await grantOf(a, 'ETH/USDT')]
      await forget()
      const other = await grantOf(b, 'ETH/USDT')
      assert.deepEqual(await a.renew([btc, eth]), ['forgotten', 'lost'])
      assert.deepEqual([await a.renew([btc]), await b.renew([other])], [['held'], ['held']])
      assert.equal(await a.publish(btc, publication(1, { r1: 'again' })), true)
    })

    law('gives only the holder of the grant back', async ({ a, b, lapse }) => {
      const old = await grantOf(a)
      await lapse('BTC/USDT')
      await grantOf(b)
      await a.release([old])
      assert.equal((await a.claim('BTC/USDT')).granted, false)
    })

    law('keeps what the writer publishes, byte for byte, and forgets what it drops', async ({ a, b }) => {
      const grant = await grantOf(a)
      const odd = Buffer.from([0, 255, 13, 10, 128])
      await a.publish(grant, publication(1, {}, { rows: { put: new Map([['odd', odd]]), drop: [] }, state: edits({ bars: '1', past: '2' }) }))
      assert.equal(await a.publish(grant, publication(2, { r1: 'one' }, { state: edits({ bars: '3' }, ['past']) })), true)
      const { writer, rows } = await b.read('BTC/USDT')
      assert.equal(writer, 'a')
      assert.deepEqual(Buffer.from(rows.get('odd') as Uint8Array), odd)
      assert.deepEqual(textsOf(await b.readState('BTC/USDT')), { bars: '3' })
      assert.equal(await a.publish(grant, publication(3, { r2: 'two' }, { whole: true })), true)
      assert.deepEqual(textsOf((await b.read('BTC/USDT')).rows), { r2: 'two' })
      assert.deepEqual(textsOf(await b.readState('BTC/USDT')), {})
    })

    law('lets no writer publish that lost its grant, whether somebody else has it or nobody', async ({ a, b, lapse }) => {
      const old = await grantOf(a)
      await a.publish(old, publication(1, { r1: 'one' }))
      await lapse('BTC/USDT')
      assert.equal(await a.publish(old, publication(2, { r1: 'late' })), false)
      const grant = await grantOf(b)
      await b.publish(grant, publication(1, { r1: 'two' }))
      assert.equal(await a.publish(old, publication(3, { r1: 'late' }, { whole: true })), false)
      assert.deepEqual(textsOf((await a.read('BTC/USDT')).rows), { r1: 'two' })
    })

    law('knows nothing of a symbol that nobody wrote', async ({ a }) => {
      assert.deepEqual(await a.read('BTC/USDT'), { writer: undefined, rows: new Map() })
      assert.deepEqual(await a.readState('BTC/USDT'), new Map())
    })

    law('tells followers of each publication in order, with its rows, and that a whole one must be read', async ({ a, b }) => {
      const grant = await grantOf(a)
      const news = newsOf(b)
      await news.following
      await a.publish(grant, publication(1, { r1: 'one' }, { whole: true }))
      await a.publish(grant, publication(2, { r2: 'two', r3: 'three' }))
      await a.publish(grant, publication(3, {}, { state: edits({ bars: '1' }) }))
      await a.publish(grant, publication(4, { r4: 'four' }))
      const told = (await news.first(3)) as Update[]
      assert.deepEqual(
        told.map(({ fence, sequence, whole, rows }) => ({ fence, sequence, whole, rows: textsOf(rows) })),
        [
          { fence: grant.fence, sequence: 1, whole: true, rows: {} },
          { fence: grant.fence, sequence: 2, whole: false, rows: { r2: 'two', r3: 'three' } },
          { fence: grant.fence, sequence: 4, whole: false, rows: { r4: 'four' } },
        ],
      )
    })

    law('tells of followed symbols only', async ({ a, b }) => {
      const [btc, eth] = [await grantOf(a), await grantOf(a, 'ETH/USDT')]
      const [ofBtc, ofEth] = [newsOf(b), newsOf(b, 'ETH/USDT')]
      await Promise.all([ofBtc.following, ofEth.following])
      b.unfollow('BTC/USDT')
      await a.publish(btc, publication(1, { r1: 'unheard' }))
      await a.publish(eth, publication(1, { r1: 'heard' }))
      await ofEth.first(1)
      const again = newsOf(b)
      await again.following
      await a.publish(btc, publication(2, { r1: 'heard' }))
      assert.equal(((await again.first(1))[0] as Update).sequence, 2)
      assert.deepEqual((await ofBtc.first(0)).length, 0)
    })

    law('tells every replica which sets are read, each once', async ({ a, b }) => {
      await a.announce(['{"set":1}', '{"set":2}'])
      await b.announce(['{"set":2}', '{"set":3}'])
      assert.deepEqual((await b.announced()).toSorted(), ['{"set":1}', '{"set":2}', '{"set":3}'])
      assert.deepEqual(await a.announced(), await b.announced())
    })
  })
