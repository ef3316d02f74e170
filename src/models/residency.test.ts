import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chooseEvictions } from './residency.ts'

const resident = fc.record({ of: fc.uuid(), bytes: fc.integer({ min: 0, max: 100 }), lastUsed: fc.nat(), isProtected: fc.boolean() })
const residents = fc.uniqueArray(resident, { selector: ({ of }) => of, maxLength: 20 })

const sizeWithout = (all: readonly { readonly of: string; readonly bytes: number }[], gone: ReadonlySet<string>): number =>
  all.reduce((sum, { of, bytes }) => sum + (gone.has(of) ? 0 : bytes), 0)

test('a protected version is never evicted, and what stays fits whenever fits is said', () => {
  fc.assert(
    fc.property(residents, fc.integer({ min: 0, max: 1000 }), (all, budget) => {
      const { evict, fits } = chooseEvictions(all, budget)
      const gone = new Set(evict)
      const left = sizeWithout(all, gone)
      assert.equal(fits, left <= budget)
      assert.ok(all.every(({ of, isProtected }) => !(isProtected && gone.has(of))))
      if (!fits) assert.ok(all.every(({ of, isProtected }) => isProtected || gone.has(of)))
    }),
  )
})

test('the least recently used goes first, and no more than needed', () => {
  const all = [
    { of: 'new', bytes: 10, lastUsed: 3, isProtected: false },
    { of: 'old', bytes: 10, lastUsed: 1, isProtected: false },
    { of: 'middle', bytes: 10, lastUsed: 2, isProtected: false },
  ]
  assert.deepEqual(chooseEvictions(all, 20), { evict: ['old'], fits: true })
})

test('where a large one has to leave, small ones that were used before it stay', () => {
  const all = [
    { of: 'small', bytes: 1, lastUsed: 1, isProtected: false },
    { of: 'small too', bytes: 2, lastUsed: 2, isProtected: false },
    { of: 'large', bytes: 50, lastUsed: 3, isProtected: false },
    { of: 'newcomer', bytes: 48, lastUsed: 0, isProtected: true },
  ]
  assert.deepEqual(chooseEvictions(all, 51), { evict: ['large'], fits: true })
  assert.deepEqual(chooseEvictions(all, 50), { evict: ['small', 'large'], fits: true })
})

test('none leaves without which the rest would fit as well', () => {
  fc.assert(
    fc.property(residents, fc.integer({ min: 0, max: 1000 }), (all, budget) => {
      const { evict, fits } = chooseEvictions(all, budget)
      const gone = new Set(evict)
      const left = sizeWithout(all, gone)
      assert.ok(!fits || all.every(({ of, bytes }) => !gone.has(of) || left + bytes > budget))
    }),
  )
})
