import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import Type from 'typebox'
import { checkLines, defineLines, takeLines } from './line-intake.ts'
import { createServer } from './server.ts'
import { splitLines } from './split-lines.ts'
import { makeGatewayDeps, makeKeys } from './testing/make-gateway.ts'

const minute = 60_000
const start = Date.UTC(2024, 0, 1)
const { ring, texts } = makeKeys()

async function open(t: TestContext) {
  const deps = makeGatewayDeps({ keys: ring })
  const server = await createServer({ ...deps, config: { ...deps.config, bodyLimitBytes: 2_048 } })
  t.after(() => server.drain())
  const url = await server.listen()
  const post = async (path: string, body: string | ReadableStream) => {
    const headers = { 'x-api-key': texts[0] as string, 'content-type': 'application/x-ndjson' }
    const response = await fetch(url + path, { method: 'POST', headers, body, duplex: 'half' })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { deps, post }
}
const lines = (...values: readonly unknown[]): string => values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('\n')

describe('a stream of lines', () => {
  test('takes trades of several symbols and refuses what is wrong line by line', async (t) => {
    const { deps, post } = await open(t)
    const { status, body } = await post(
      '/market/ticks',
      lines(
        [start, 1, 1],
        { symbol: 'BTC/USDT' },
        [start, 100, 1, 'buy', 'a'],
        [start, 100, 1, 'buy', 'a'],
        '',
        [start, 100, 0],
        '{"symbol":',
        [start, 100, 1, 'up'],
        [start + 2, 100, 1, 'sell', 'b'],
        { symbol: 'ETH' },
        [start, 100, 1],
        { symbol: 'ETH/USDT' },
        [start, 10, 3],
        `[${' '.repeat(70_000)}]`,
      ),
    )
    const refused = body['refused'] as readonly { readonly line: number; readonly reason: string }[]
    assert.equal(status, 200)
    assert.deepEqual(
      { ...body, refused: refused.map(({ line }) => line) },
      {
        accepted: 3,
        unchanged: 1,
        late: 0,
        quarantined: 1,
        malformed: 6,
        refused: [1, 6, 7, 8, 10, 11, 14],
      },
    )
    assert.match(refused.find(({ line }) => line === 14)?.reason ?? '', /longer than 64 KiB/)
    await deps.market.ingest({ symbol: 'BTC/USDT', timeframe: '1m' }, [{ openTime: start, open: 100, high: 100, low: 100, close: 100, volume: 2 }], {})
    assert.equal(deps.market.bars({ symbol: 'BTC/USDT', timeframe: '1m' }, {})[0]?.flow?.trades, 2)
  })

  test('takes bars while they come, and more of them than a body may hold', async (t) => {
    const { deps, post } = await open(t)
    const stored = () => deps.market.bars({ symbol: 'BTC/USDT', timeframe: '1m' }, {}).length
    const row = (nth: number): string => `${JSON.stringify([start + nth * minute, 100, 101, 99, 100, 5, 2])}\n`
    let nth = 0
    let before = -1
    const body = new ReadableStream({
      async pull(controller) {
        if (nth === 0) controller.enqueue(new TextEncoder().encode(`${JSON.stringify({ symbol: 'BTC/USDT', timeframe: '1m' })}\n`))
        if (nth === 200) while (before < 200) before = await Promise.resolve(new Promise<number>((resolve) => setImmediate(() => resolve(storedOrNone()))))
        if (nth === 400) return controller.close()
        controller.enqueue(new TextEncoder().encode(row(nth++)))
      },
    })
    const storedOrNone = (): number => {
      try {
        return stored()
      } catch {
        return 0
      }
    }
    const answer = await post('/market/bars', body)
    assert.deepEqual(answer.body, { accepted: 400, revised: 0, unchanged: 0, quarantined: 0, malformed: 0, refused: [] })
    assert.equal(before, 200)
  })

  test('is refused by paths that take none', async (t) => {
    const { post } = await open(t)
    const { status, body } = await post('/predict', '{"symbol":"BTC/USDT"}')
    assert.deepEqual([status, body['code']], [415, 'unsupported_media_type'])
  })

  test('tells the numbers of lines that the market refuses', async (t) => {
    const { post } = await open(t)
    const bar = (nth: number, high: number) => [start + nth * minute, 100, high, 99, 100, 5]
    const { body } = await post('/market/bars', lines({ symbol: 'BTC/USDT', timeframe: '1m' }, bar(0, 101), bar(1, 98), bar(2, 101)))
    assert.deepEqual([body['accepted'], body['quarantined'], body['refused']], [2, 1, [{ line: 3, reason: 'high is below low' }]])
  })
})

test('lines are the same however the bytes are cut', async () => {
  const text = fc.array(fc.string({ maxLength: 12 })).map((parts) => parts.join('\n'))
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (whole, size) => {
      const bytes = Buffer.from(whole)
      const pieces = async function* () {
        for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
      }
      const seen: string[] = []
      for await (const some of splitLines(pieces())) for (const { bytes: line } of some) seen.push(String(line))
      const expected = whole.split('\n')
      assert.deepEqual(seen, expected.at(-1) === '' ? expected.slice(0, -1) : expected)
    }),
  )
})

test('a stream is read no faster than its rows are taken', async () => {
  let [read, taken, ahead] = [0, 0, 0]
  const body = new Readable({
    highWaterMark: 1,
    read() {
      read += 1
      this.push(read > 200 ? null : Buffer.from(read === 1 ? '{"symbol":"BTC/USDT"}\n' : `[${read}]\n`))
    },
  })
  const checked = checkLines(
    defineLines({
      head: Type.Object({ symbol: Type.String() }),
      row: Type.Tuple([Type.Integer()]),
      async take(_head, rows) {
        ahead = Math.max(ahead, read - taken)
        taken += rows.length
        return { counts: { accepted: rows.length }, refused: [] }
      },
    }),
  )
  const answer = await takeLines(body, checked, { deps: makeGatewayDeps() as never, signal: new AbortController().signal })
  assert.equal(answer.accepted, 199)
  assert.ok(ahead <= 4, `${ahead} chunks were read ahead`)
})
