import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeCalendars } from './compose-calendars.ts'
import { loadConfig } from './config/load-config.ts'

const composed = (settings: Readonly<Record<string, unknown>>) =>
  composeCalendars(loadConfig({ env: {}, flags: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)])) }))

test('a feed, and bars from trades, by a calendar that is not there are refused before anything is started', () => {
  const feed = { exchange: 'binance', symbols: ['BTC/USDT'], calendar: 'XNYZ' }
  assert.throws(() => composed({ feeds: [feed] }), {
    code: 'validation_failed',
    message: 'feeds, binance: The calendar "XNYZ" is not there: it must be one of continuous, as_received, XNYS; did you mean XNYS?',
  })
  assert.throws(() => composed({ 'market.barsFromTrades': [{ symbols: '*/USD', calendar: 'XNYZ' }] }), {
    code: 'validation_failed',
    message: /^market\.barsFromTrades, \*\/USD: The calendar "XNYZ" is not there/,
  })
  assert.ok(composed({ feeds: [{ ...feed, calendar: 'XNYS' }], 'market.barsFromTrades': [{ symbols: 'ETH/USDT' }] }).sessionNames.includes('XNYS'))
})
