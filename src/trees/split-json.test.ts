import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as assertProperty, constantFrom, jsonValue, property, record, string } from 'fast-check'
import { splitJson } from './split-json.ts'

const valuesOf = (text: string): unknown[] | undefined => {
  const split = splitJson(text, 'trees')
  return split && Array.from({ length: split.count }, (_, index) => JSON.parse(split.value(index)) as unknown)
}

test('what is taken out and what is left are the whole', () => {
  const documents = record({ 'a"b': jsonValue({ maxDepth: 3 }), trees: array(jsonValue({ maxDepth: 3 })), '[{,': string() })
  assertProperty(
    property(documents, constantFrom(undefined, 1, '\t'), (document, indent) => {
      const text = JSON.stringify(document, undefined, indent)
      assert.deepEqual(valuesOf(text), JSON.parse(JSON.stringify(document.trees)))
      assert.deepEqual(JSON.parse(splitJson(text, 'trees')!.rest), JSON.parse(JSON.stringify({ ...document, trees: [] })))
    }),
  )
})

test('a value that is no JSON is still there to be refused', () => {
  for (const text of ['{"trees":[1,,2]}', '{"trees":[1,]}', '{"trees":[{"a":}]}', '{"trees":[,]}']) assert.throws(() => valuesOf(text), SyntaxError)
})

test('a text with no such list, with two, or cut off, is left alone', () => {
  const texts = [
    '',
    '[]',
    '7',
    '{"tree":[1]}',
    '{"trees":7}',
    '{"a":{"trees":[1]}}',
    '{"trees":[1],"trees":[2]}',
    '{"trees":[1,2',
    '{"trees":[1}',
    '{"trees" [1]}',
    '{"trees":["a]}',
  ]
  for (const text of texts) assert.equal(splitJson(text, 'trees'), undefined, text)
})
