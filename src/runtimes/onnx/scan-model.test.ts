import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { modelPath } from '../../../test/golden/onnx/model-under-test.ts'
import { scanModel } from './scan-model.ts'

function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) + 128)
  }
}
/** A length-delimited field, and a varint field. */
const part = (number: number, content: readonly number[]): number[] => [...varint(number * 8 + 2), ...varint(content.length), ...content]
const count = (number: number, value: number): number[] => [...varint(number * 8), ...varint(value)]
const text = (number: number, value: string): number[] => part(number, [...Buffer.from(value)])

const plainTensor = [...count(1, 2), ...count(2, 1), ...text(8, 'w'), ...part(9, [0, 0, 128, 63, 0, 0, 0, 64])]
const entry = [...text(1, 'location'), ...text(2, '../../etc/passwd')]
const outside = {
  'an entry for another file': [...plainTensor, ...part(13, entry)],
  'the mark for another file': [...plainTensor, ...count(14, 1)],
  'the mark and then the mark for this file': [...plainTensor, ...count(14, 1), ...count(14, 0)],
  'a mark that 32 bits cut down to 1': [...plainTensor, ...count(14, 2 ** 32 + 1)],
  'a mark in ten bytes': [...plainTensor, ...varint(14 * 8), 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
  'an empty entry': [...plainTensor, ...part(13, [])],
}

type Wrap = (tensor: readonly number[]) => number[]
/** Every way from a graph to a tensor, and from a model to a graph. */
const inGraph: Readonly<Record<string, Wrap>> = {
  initializer: (tensor) => part(5, tensor),
  'sparse values': (tensor) => part(15, part(1, tensor)),
  'sparse indices': (tensor) => part(15, part(2, tensor)),
  'attribute tensor': (tensor) => part(1, part(5, part(5, tensor))),
  'attribute tensors': (tensor) => part(1, part(5, part(10, tensor))),
  'attribute sparse tensor': (tensor) => part(1, part(5, part(22, part(1, tensor)))),
  'attribute sparse tensors': (tensor) => part(1, part(5, part(23, part(2, tensor)))),
  subgraph: (tensor) => part(1, part(5, part(6, part(5, tensor)))),
  subgraphs: (tensor) => part(1, part(5, part(11, part(5, tensor)))),
}
const graph = (content: readonly number[]): number[] => part(7, [...text(2, 'main'), ...content])
const inModel: Readonly<Record<string, Wrap>> = {
  ...Object.fromEntries(Object.entries(inGraph).map(([name, wrap]) => [name, (tensor: readonly number[]) => graph(wrap(tensor))])),
  'second graph field': (tensor) => [...graph([]), ...graph(part(5, tensor))],
  'training start': (tensor) => [...graph([]), ...part(20, part(1, part(5, tensor)))],
  'training step': (tensor) => [...graph([]), ...part(20, part(2, part(5, tensor)))],
  'function body': (tensor) => [...graph([]), ...part(25, part(7, part(5, part(5, tensor))))],
  'function default': (tensor) => [...graph([]), ...part(25, part(11, part(5, tensor)))],
}
const scan = (bytes: readonly number[]): ReturnType<typeof scanModel> => scanModel(Uint8Array.from([...count(1, 9), ...bytes]))
const refused = { name: 'ServingError', code: 'model_verification_failed' }

describe('a tensor in another file is found wherever it lies', () => {
  for (const [where, wrap] of Object.entries(inModel)) {
    test(where, () => {
      scan(wrap(plainTensor))
      for (const tensor of Object.values(outside)) assert.throws(() => scan(wrap(tensor)), { ...refused, message: /tensor "w".*another file/ })
    })
  }
})

test('every mark and entry for another file counts', () => {
  for (const [how, tensor] of Object.entries(outside)) assert.throws(() => scan(graph(part(5, tensor))), refused, how)
})

test('a tensor in another file is found among any others, at any depth', () => {
  const wraps = fc.constantFrom(...Object.values(inGraph))
  const nest = (depth: number, content: readonly number[]): readonly number[] => (depth === 0 ? content : nest(depth - 1, part(1, part(5, part(6, content)))))
  const places = fc.record({ before: fc.array(wraps, { maxLength: 5 }), wrap: wraps, after: fc.array(wraps, { maxLength: 5 }), depth: fc.nat(20) })
  fc.assert(
    fc.property(places, fc.constantFrom(...Object.values(outside)), ({ before, wrap, after, depth }, tensor) => {
      const bodyWith = (content: readonly number[]): number[] =>
        graph(nest(depth, [...before.flatMap((each) => each(plainTensor)), ...wrap(content), ...after.flatMap((each) => each(plainTensor))]))
      scan(bodyWith(plainTensor))
      assert.throws(() => scan(bodyWith(tensor)), refused)
    }),
  )
})

describe('control flow is found wherever it lies', () => {
  const node = (...operators: readonly string[]): number[] => part(1, [...text(1, 'x'), ...operators.flatMap((operator) => text(4, operator))])
  const found = (bytes: readonly number[]): readonly string[] => scan(bytes).controlFlow.toSorted()

  test('each of its operators, and no other', () => {
    assert.deepEqual(found(graph([...node('Add'), ...node('Scan'), ...node('If'), ...node('Loop'), ...node('If')])), ['If', 'Loop', 'Scan'])
    assert.deepEqual(found(graph([...node('Add'), ...node('Identity'), ...node()])), [])
  })
  test('in a graph that belongs to a node', () => {
    assert.deepEqual(found(graph(part(1, part(5, part(6, node('Loop')))))), ['Loop'])
    assert.deepEqual(found(graph(part(1, part(5, part(11, node('Scan')))))), ['Scan'])
  })
  test('in a function', () => {
    assert.deepEqual(found([...graph(node('Add')), ...part(25, part(7, node('If').slice(2)))]), ['If'])
  })
  test('behind another name of the same node, whichever comes last', () => {
    assert.deepEqual(found(graph(node('Add', 'Loop'))), ['Loop'])
    assert.deepEqual(found(graph(node('Loop', 'Add'))), ['Loop'])
  })
})

test('graphs in graphs without end are refused, not followed', () => {
  const bomb = Array.from({ length: 100 }).reduce<number[]>((content) => part(1, part(5, part(6, content))), [])
  assert.throws(() => scan(graph(bomb)), { ...refused, message: /nested too deeply/ })
})

for (const [what, bytes] of [
  ['nothing', []],
  ['no graph', count(2, 1)],
  ['a graph that is a number', count(7, 1)],
  ['a length beyond the end', [7 * 8 + 2, 100, 1]],
  ['a number without an end', [8, 0xff]],
  ['a number of eleven bytes', [8, ...Array.from({ length: 11 }, () => 0x80), 1]],
  ['field number 0', [0, 0]],
  ['a tag of six bytes', [0x88, 0x80, 0x80, 0x80, 0x80, 0x00, 1]],
  ['a group', [7 * 8 + 3, 7 * 8 + 4]],
] as const) {
  test(`${what} is no model`, () => {
    assert.throws(() => scan(bytes), { ...refused, message: /not a well-formed ONNX model/ })
  })
}

test('bytes of chance are refused or walked through, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        scanModel(bytes)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'model_verification_failed')
      }
    }),
    { numRuns: 5_000 },
  )
})

test('real models pass, cut-off ones are refused, changed ones are refused or walked through', async () => {
  for (const name of ['identity', 'logistic', 'lstm', 'spin', 'zipmap']) {
    const bytes = await readFile(modelPath(name))
    scanModel(bytes)
    for (let length = 0; length < bytes.length; length += 1) {
      try {
        scanModel(bytes.subarray(0, length))
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'model_verification_failed')
      }
    }
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
        const changed = Uint8Array.from(bytes)
        changed[at] = byte
        try {
          scanModel(changed)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'model_verification_failed')
        }
      }),
      { numRuns: 500 },
    )
  }
})
