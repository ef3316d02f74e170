import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRouting, select } from './select.ts'
import { makeModel, MemoryModels, refusal } from './testing/in-memory.ts'

const models = new MemoryModels([
  makeModel(),
  makeModel({ manifest: { name: 'baseline', symbols: ['URTH/USD'] } }),
  makeModel({ manifest: { name: 'wide', symbols: ['*'] } }),
])
const routing = makeRouting(
  {
    routes: [
      { symbols: 'URTH/*', model: 'baseline' },
      { symbols: 'URTH/USD', model: 'wide' },
      { symbols: 'XRP/*', model: 'momentum' },
      { symbols: 'ADA/*', model: 'gone' },
    ],
    defaultModel: 'momentum',
  },
  models,
)

const chosen = [
  { says: 'the named model, before any route', request: { symbol: 'URTH/USD', model: 'wide' }, plan: { model: 'wide', selector: 'latest' } },
  { says: 'the first route that matches', request: { symbol: 'URTH/USD' }, plan: { model: 'baseline', selector: 'latest' } },
  { says: 'the default model for a symbol without a route', request: { symbol: 'BTC/USDT' }, plan: { model: 'momentum', selector: 'latest' } },
  { says: 'a glob in the manifest admits too', request: { symbol: 'ETH/EUR' }, plan: { model: 'momentum', selector: 'latest' } },
  { says: 'the version as it was asked for', request: { symbol: 'BTC/USDT', model_version: 'v1.2.3' }, plan: { model: 'momentum', selector: 'v1.2.3' } },
]
for (const { says, request, plan } of chosen) {
  test(`select: ${says}`, () => assert.deepEqual(select(request, routing), plan))
}

const refused = [
  {
    says: 'a named model that does not admit the symbol names those that do',
    request: { symbol: 'URTH/USD', model: 'momentum' },
    code: 'no_model_for_symbol',
    message: /momentum does not answer URTH\/USD; ask for "model": "baseline" or "wide"/,
  },
  {
    says: 'a default model that does not admit the symbol',
    request: { symbol: 'DOGE/USDT' },
    code: 'no_model_for_symbol',
    message: /momentum does not answer DOGE\/USDT; ask for "model": "wide"/,
  },
  {
    says: 'a route to a model that does not admit the symbol is not passed over',
    request: { symbol: 'XRP/USDT' },
    code: 'no_model_for_symbol',
    message: /momentum/,
  },
  { says: 'a route to a model that is not there', request: { symbol: 'ADA/USDT' }, code: 'no_model_for_symbol', message: /gone does not answer/ },
  { says: 'a named model that does not exist', request: { symbol: 'BTC/USDT', model: 'nope' }, code: 'model_not_found', message: /nope/ },
]
for (const { says, request, code, message } of refused) {
  test(`select refuses: ${says}`, () => assert.throws(() => select(request, routing), refusal(code, message)))
}

test('select without a default model and without any model says so', () => {
  const empty = makeRouting({ routes: [], defaultModel: undefined }, new MemoryModels([]))
  assert.throws(() => select({ symbol: 'BTC/USDT' }, empty), refusal('no_model_for_symbol', /No route leads from BTC\/USDT.*GET \/models/))
})
