import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOfBar, digestOfBars } from './bar-digest.ts'
import { walkBars } from './bar-walk.ts'
import { toBar } from './check-bar.ts'

const key = { symbol: 'BTC/USDT', timeframe: '1m' } as const
const bars = walkBars({ seed: 3, count: 5, from: Date.UTC(2024, 0, 1), barMs: 60_000 }).map((bar) => toBar(bar, '1m', 0))
const [first] = bars as [(typeof bars)[0]]

test('the digest of a bar moves with all that it says, and not with when it was received', () => {
  assert.equal(digestOfBar({ ...first, receivedTime: 99 }), digestOfBar(first))
  const changed = [
    ...(['openTime', 'open', 'high', 'low', 'close', 'volume'] as const).map((field) => ({ ...first, [field]: first[field] + 1 })),
    { ...first, empty: !first.empty },
    { ...first, partnerClose: 0 },
    { ...first, partnerClose: 1 },
  ]
  assert.equal(new Set([first, ...changed].map(digestOfBar)).size, 1 + changed.length)
})

test('the digest of bars in a row moves with the series, their number and their order', () => {
  const rows = [bars, bars.slice(1), bars.toReversed(), []].map((row) => digestOfBars(key, row))
  assert.equal(new Set([...rows, digestOfBars({ ...key, timeframe: '5m' }, bars)]).size, 5)
  assert.equal(
    digestOfBars(
      key,
      bars.map((bar) => ({ ...bar, receivedTime: 1 })),
    ),
    rows[0],
  )
})
