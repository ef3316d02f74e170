import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Running } from '../main.ts'
import { welcome } from './welcome.ts'

const entry = (name: string, failure?: Error) => ({ name, labels: new Map([['latest', '1.0.0']]), find: () => ({ slot: { failure } }) })
const wordsFor = (...entries: ReturnType<typeof entry>[]): string =>
  welcome(
    {
      presage: { keyFile: 'var/admin.key', models: { entries, namesFor: () => [] }, predictions: { modelFor: () => entries[0]?.name } },
      url: 'http://127.0.0.1:8080',
      readyMs: 5,
    } as unknown as Running,
    undefined,
  )

test('the start tells which models are served, and which were refused', () => {
  assert.match(wordsFor(), /Models: none yet; copy a bundle into the models folder\.$/m)
  assert.match(wordsFor(entry('a'), entry('b')), /Models: a 1\.0\.0, b 1\.0\.0\.$/m)
  assert.match(wordsFor(entry('a'), entry('b', new Error())), /Models: a 1\.0\.0\. Refused: b 1\.0\.0; the log says why, and GET \/models\/NAME\.$/m)
  assert.match(wordsFor(entry('b', new Error())), /Models: none\. Refused: b 1\.0\.0;/)
})

test('what is to be tried reads the key from its file', () => {
  assert.match(wordsFor(entry('a')), /-H "X-API-Key: \$\(cat 'var\/admin\.key'\)"/)
})

test('a key that was given is looked for in no file, which was never written', () => {
  const presage = { keyFile: 'var/admin.key', isKeyGiven: true, models: { entries: [], namesFor: () => [] }, predictions: { modelFor: () => undefined } }
  const words = welcome({ presage, url: 'http://127.0.0.1:8080', readyMs: 5 } as unknown as Running, undefined)
  assert.match(words, /^The admin key is the one of access\.adminKey\./m)
  assert.match(words, /-H "X-API-Key: \$PRESAGE_ACCESS_ADMIN_KEY"/)
  assert.ok(!words.includes('admin.key'))
})

test('a prediction is to be tried only where a route leads to a model; else it is said what to do before', () => {
  const wordsWithoutRoute = (...entries: ReturnType<typeof entry>[]): string => {
    const presage = {
      keyFile: 'var/admin.key',
      models: { entries, namesFor: () => entries.map(({ name }) => name) },
      predictions: { modelFor: () => undefined },
    }
    return welcome({ presage, url: 'http://127.0.0.1:8080', readyMs: 5 } as unknown as Running, undefined)
  }
  assert.match(wordsFor(entry('a')), /curl -s \S+\/predict /)
  assert.doesNotMatch(wordsWithoutRoute(entry('a')), /curl -s \S+\/predict /)
  assert.match(wordsWithoutRoute(entry('a')), /set routes or defaultModel .*, or say "model": "a" in the request: no route/)
  assert.match(wordsWithoutRoute(), /copy a bundle that does into the models folder and set routes or defaultModel \([^,]*\): no route/)
})
