import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isSymbol, symbolGlob } from './symbol.ts'

test('spot, perpetual, dated and option symbols in ccxt notation are symbols', () => {
  for (const text of ['BTC/USDT', 'URTH/USD', '1INCH/USDT', 'BTC/USDT:USDT', 'BTC/USDT:USDT-240628', 'BTC/USD:BTC-240628-60000-C'])
    assert.equal(isSymbol(text), true, text)
})

test('anything else is no symbol', () => {
  const none = [
    '',
    '/',
    'BTC',
    'BTCUSDT',
    'btc/usdt',
    'BTC/',
    '/USDT',
    'BTC/USDT:',
    'BTC/USDT:USDT-',
    'BTC/USDT ',
    'BTC/USDT\n',
    'BTC-USDT',
    'B*/USDT',
    'BTC/USDT/X',
    `${'A'.repeat(21)}/USDT`,
  ]
  for (const text of none) assert.equal(isSymbol(text), false, text)
})

test('a glob without a star fits one symbol only', () => {
  const fits = symbolGlob('BTC/USDT')
  assert.deepEqual(['BTC/USDT', 'BTC/USDT:USDT', 'XBTC/USDT'].map(fits), [true, false, false])
})

test('a star stands for any run of characters, and nothing else in a glob is special', () => {
  assert.deepEqual(['BTC/USDT', 'ETH/USDT', 'ETH/USD', '/USDT'].map(symbolGlob('*/USDT')), [true, true, false, true])
  assert.deepEqual(['BTC/USDT', 'BTC/USD:BTC-240628', 'ETH/BTC'].map(symbolGlob('BTC/*')), [true, true, false])
  assert.deepEqual(['BTC/USDT', 'x'].map(symbolGlob('*')), [true, true])
  assert.equal(symbolGlob('B.C/*')('BTC/USDT'), false)
  assert.equal(symbolGlob('(*')('(BTC'), true)
})

test('a glob made by replacing parts of a symbol with stars fits that symbol', () => {
  const symbol = fc.stringMatching(/^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/)
  fc.assert(
    fc.property(symbol, fc.nat(40), fc.nat(40), (text, from, length) => {
      const start = from % text.length
      return symbolGlob(`${text.slice(0, start)}*${text.slice(start + length)}`)(text)
    }),
  )
})

test('a glob means what the same pattern means as a regular expression', () => {
  const letters = (max: number) => fc.string({ unit: fc.constantFrom('A', 'B', '/', '*'), maxLength: max })
  fc.assert(
    fc.property(letters(8), letters(12), (glob, text) => {
      const symbol = text.replaceAll('*', 'A')
      return symbolGlob(glob)(symbol) === new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(symbol)
    }),
    { numRuns: 500 },
  )
})

test('a glob of many stars costs no more than one of few', () => {
  assert.equal(symbolGlob('*A'.repeat(40))(`${'A'.repeat(84)}B`), false)
})
