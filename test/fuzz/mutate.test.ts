import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelText, stump } from '../../src/trees/model-text.test-data.ts'
import { parseXgBoostUbj } from '../../src/trees/xgboost.ts'
import { modelOf, ubjsonOf } from '../../src/trees/xgboost-model.test-data.ts'
import { jsonMutations } from './mutate-json.ts'
import { lineMutations, type TextMutation } from './mutate-lines.ts'
import { ubjsonMutations } from './mutate-ubjson.ts'
import { mutantOf, ofText } from './mutate.ts'

const json = JSON.stringify({
  version: [3, 1],
  learner: { trees: [{ left: [1, -1], base: '5E-1', is: true }, { left: [] }], names: ['a', 'b'], values: [0.5, 1.25, -0.0625], nodes: [7, 8, 9] },
})
const lines = modelText([stump(), stump(), stump()])
const texts = (text: string, mutations: readonly TextMutation[]): string[] => {
  const seeds = [new TextEncoder().encode(text)]
  return Array.from({ length: 2000 }, (_, seed) => new TextDecoder().decode(mutantOf({ seeds, mutations: ofText(mutations) }, seed)))
}
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('a seed always makes the same mutant, and nearly every seed one of its own', () => {
  for (const [text, mutations] of [
    [json, jsonMutations],
    [lines, lineMutations],
    [lines, []],
  ] as const) {
    const mutants = texts(text, mutations)
    assert.deepEqual(texts(text, mutations), mutants)
    assert.ok(new Set(mutants).size > 1400, String(new Set(mutants).size))
    assert.ok(mutants.filter((mutant) => mutant === text).length < 200)
  }
})

test('mutants of JSON are half JSON of another value, half no JSON; numbers reach beyond what JSON can say', () => {
  const mutants = texts(json, jsonMutations)
  const sound = mutants.filter(isJson).length
  assert.ok(sound > 400 && sound < 1600, String(sound))
  for (const part of ['1e999', '[[[[', '"left":0,"left"', '"left":{}', '8,7', '5e-324', '[0.5,-1.25'])
    assert.ok(
      mutants.some((mutant) => mutant.includes(part)),
      part,
    )
})

test('mutants of lines reach every kind of damage', () => {
  const mutants = texts(lines, lineMutations)
  for (const part of ['num_leaves=3', 'num_leaves=1\n', 'left_child=-2', '=nan', 'Tree=1\nnum_leaves', '2147483648', '0.5 0.5 0.5 0.5', '\u0000', '�'])
    assert.ok(
      mutants.some((mutant) => mutant.includes(part)),
      part,
    )
  assert.ok(mutants.some((mutant) => mutant.split('Tree=').length > 5))
})

test('mutants of UBJSON have other types, lengths and numbers', () => {
  const seed = Uint8Array.from(ubjsonOf(modelOf()))
  const faults = Array.from({ length: 2000 }, (_, draw) => {
    try {
      return parseXgBoostUbj(mutantOf({ seeds: [seed], mutations: ubjsonMutations }, draw)).leafValue.join(' ')
    } catch (error) {
      return String(error)
    }
  })
  for (const part of ['begins no value', 'is no type of numbers', 'a length of 9223372036854776000', 'left_children has', 'has NaN at', '0 2'])
    assert.ok(
      faults.some((fault) => fault.includes(part)),
      part,
    )
})
