import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, json, property } from 'fast-check'
import { endOfString, shapeOfJson, type JsonShape } from './json-shape.ts'
import { ModelFormatError } from './model-format-error.ts'
import { parseJson, parseJsonInParts } from './parse-json.ts'
import { parseXgBoostText } from './xgboost/json.ts'

function shapeOf(value: unknown): JsonShape {
  if (typeof value !== 'object' || value === null) return { depth: 0, lists: 0, objects: 0, members: 0 }
  const shapes = Object.values(value).map(shapeOf)
  const sum = (key: keyof JsonShape): number => shapes.reduce((total, shape) => total + shape[key], 0)
  const isList = Array.isArray(value)
  return {
    depth: 1 + Math.max(0, ...shapes.map(({ depth }) => depth)),
    lists: sum('lists') + Number(isList),
    objects: sum('objects') + Number(!isList),
    members: sum('members') + (isList ? 0 : shapes.length),
  }
}
function refused(text: string, message: RegExp): void {
  assert.throws(
    () => parseJson(text),
    (error) => error instanceof ModelFormatError && message.test(error.message) && error.message.length < 300,
  )
}

test('the shape of a JSON text is that of its value', () => {
  assertProperty(
    property(json({ maxDepth: 6 }), (text) => {
      assert.deepEqual(shapeOfJson(text), shapeOf(JSON.parse(text)))
    }),
  )
})

test('marks within strings are text', () => {
  assert.deepEqual(shapeOfJson(String.raw`{"[{:\"}]":"\\","a":"[\\\"["}`), { depth: 1, lists: 0, objects: 1, members: 2 })
  assert.equal(endOfString(String.raw`"a\"b"c`, 0), 6)
  assert.equal(endOfString(String.raw`"a\"`, 0), 4)
})

test('texts that nest deeper, or hold more lists, objects or keys than a model of their size, are refused unread', () => {
  assert.deepEqual(parseJson('['.repeat(32) + ']'.repeat(32)), JSON.parse('['.repeat(32) + ']'.repeat(32)))
  refused('['.repeat(33), /more than 32 lists and objects within each other/)
  refused(`[${'{},'.repeat(5_000)}0]`, /1 lists and 5000 objects in 15003 characters/)
  refused(`[${'[],'.repeat(5_000)}0]`, /5001 lists and 0 objects/)
  refused(`{${'"a":1,'.repeat(5_000)}"b":1}`, /5001 keys in 30007 characters/)
  assert.equal((parseJson(`[${'0,'.repeat(5_000)}0]`) as unknown[]).length, 5_001)
})

test('a text that is no JSON is refused with the place or the text around it', () => {
  for (const text of ['', '[1,', '{"a" 1}', '[1,2,x,3]', 'tree']) refused(text, /not JSON, perhaps cut off: .*(position \d+|end of JSON|valid JSON)/)
})

test('bare words of XGBoost count outside of strings only', () => {
  const text = String.raw`{"NaN":[NaN,-Infinity,"Infinity","\"NaN"],"a":Infinity,"b\\":NaN}`
  assert.deepEqual(parseXgBoostText(text), { NaN: [null, -Infinity, 'Infinity', '"NaN'], a: Infinity, 'b\\': null })
})

test('a key that stands twice in one object is refused with its place, wherever it stands', () => {
  const doubled = '{"a": [{"b": 1}, {"b": {"c\\"": 1, "c\\u0022" : 2}}], "b": ":"}'
  assert.throws(() => parseJson(doubled), {
    name: 'ModelFormatError',
    message: /^"c"" is written twice in one object, the second time at character 35 of the file$/,
  })
  assert.deepEqual(parseJson('{"a": {"b": {"a": 1}}, "b": ["a", "a", ":", {}]}'), { a: { b: { a: 1 } }, b: ['a', 'a', ':', {}] })
  const inParts = (text: string): unknown[] => [...(parseJsonInParts(text, 'list').values ?? [])]
  assert.deepEqual(inParts('{"list": [{"a": 1}, {"a": 2}], "a": 3}'), [{ a: 1 }, { a: 2 }])
  for (const text of ['{"list": [{"a": 1, "a": 1}]}', '{"a": 1, "list": [], "a": 2}', '{"list": [], "list": [1]}'])
    assert.throws(() => inParts(text), { name: 'ModelFormatError', message: /is written twice in one object/ })
})

test('__proto__ is a key as any other', () => {
  assert.deepEqual(Object.keys(parseJson('{"__proto__": {"a": 1}, "a": 2}') as object), ['__proto__', 'a'])
})
