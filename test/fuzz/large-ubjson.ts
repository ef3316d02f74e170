import { booster, changed, length, modelOf, stump, ubjsonOf, type Draft } from '../../src/trees/xgboost-model.test-data.ts'

const codesOf = (marks: string): readonly number[] => [...new TextEncoder().encode(marks)]
const textOf = (text: string): readonly number[] => [...length(text.length), ...codesOf(text)]

/** `{"a":`, a value that begins so, and as many items. */
const inList = (head: readonly number[], item: readonly number[], count: number): Uint8Array =>
  Buffer.concat([Uint8Array.from([...codesOf('{'), ...textOf('a'), ...head]), ...Array.from({ length: count }, () => Uint8Array.from(item))])

/** A tree of 31 leaves whose lists are all bytes, which XGBoost never writes, and without those that may be missing. */
function byteTree(): Draft {
  const nodes = 61
  const child = (side: number): Int8Array => Int8Array.from({ length: nodes }, (_, i) => (i < 30 ? 2 * i + side : -1))
  const zeros = new Int8Array(nodes)
  const children = { left_children: child(1), right_children: child(2) }
  return { ...children, split_indices: zeros, split_conditions: zeros, default_left: zeros, sum_hessian: zeros, tree_param: { num_nodes: String(nodes) } }
}
const trees = (count: number, tree: Draft): Uint8Array =>
  ubjsonOf(changed(modelOf(), { learner: { gradient_booster: booster(Array.from({ length: count }, () => tree)) } }))

/** UBJSON as dense as can be, each with much of one thing. */
export const largeUbjson: Readonly<Record<string, () => Uint8Array>> = {
  'trees of two leaves': () => trees(1_000, stump()),
  'trees of bytes': () => trees(1_500, byteTree()),
  nothing: () => inList(codesOf('['), codesOf('Z'), 3_000_000),
  'bytes in a packed list': () => inList([...codesOf('[$U#'), ...length(3_000_000)], codesOf('Z'), 3_000_000),
  'empty objects': () => inList(codesOf('['), codesOf('{}'), 1_500_000),
  'empty lists': () => inList(codesOf('['), codesOf('[]'), 1_500_000),
  'packed lists as dense as they may be': () => inList(codesOf('['), [...codesOf('[$U#'), ...length(3), 0, 0, 0], 180_000),
  'open brackets': () => inList(codesOf('['), codesOf('['), 3_000_000),
  keys: () =>
    Buffer.concat(Array.from({ length: 250_000 }, (_, i) => Uint8Array.from([...(i === 0 ? codesOf('{') : []), ...textOf(i.toString(36)), ...codesOf('Z')]))),
}
