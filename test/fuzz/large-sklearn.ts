const times = <T>(count: number, value: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => value(i))
const list = (count: number, value: (i: number) => number | string): string => `[${times(count, value).join(',')}]`

type Side = (i: number) => number
const tree = (nodes: number, [left, right]: readonly [Side, Side], { threshold = '1', values = 1 } = {}): string => {
  const zeros = list(nodes, () => 0)
  const leaves = list(nodes + 1, () => 1)
  const cover = `{"nodes":${list(nodes, () => 1)},"leaves":${leaves}}`
  return `{"feature":${zeros},"threshold":${list(nodes, () => threshold)},"missing_left":${zeros},"left":${list(nodes, left)},"right":${list(nodes, right)},"values":${list(values, () => leaves)},"cover":${cover}}`
}
const balanced = (nodes: number): [Side, Side] => {
  const child = (at: number): number => (at < nodes ? at : nodes - 1 - at)
  return [(i) => child(2 * i + 1), (i) => child(2 * i + 2)]
}
const chain = (nodes: number): [Side, Side] => [(i) => ~i, (i) => (i + 1 < nodes ? i + 1 : ~nodes)]

function model(trees: readonly string[], { inputs = 1, outputs = 1, categories = 'null' } = {}): string {
  const head = '"format":"presage-trees","version":1,"written_by":"","objective":"","transform":{"kind":"identity"},"average":false,"round_inputs":false'
  const lists = `"feature_names":${list(inputs, () => '""')},"categories":${list(inputs, () => categories)},"base":${list(outputs, () => 0)}`
  return `{${head},${lists},"trees":[${trees.join(',')}]}`
}
const leaf = tree(0, balanced(0))
const many = (count: number, one: string): string[] => times(count, () => one)

/** scikit-learn's trees as dense as can be, each with much of one thing. */
export const largeSklearn: Readonly<Record<string, () => string>> = {
  'trees of one leaf': () => model(many(20_000, leaf)),
  'trees of two leaves': () => model(many(15_000, tree(1, balanced(1)))),
  'trees of 31 leaves': () => model(many(5_000, tree(30, balanced(30)))),
  'chains of 512 leaves': () => model(many(250, tree(511, chain(511)))),
  'one chain': () => model([tree(60_000, chain(60_000))]),
  'trees of ten outputs': () => model(many(2_000, tree(30, balanced(30), { values: 10 })), { outputs: 10 }),
  'trees of a thousand outputs': () => model(many(100, tree(30, balanced(30), { values: 1_000 })), { outputs: 1_000 }),
  'splits by category': () => model(many(3_000, tree(30, balanced(30), { threshold: '[0]' })), { categories: '[1]' }),
  'splits by a large category': () => model(many(3_000, tree(30, balanced(30), { threshold: '[254]' })), { categories: list(255, (i) => i) }),
  'splits by categories in six words': () => model(many(3_000, tree(30, balanced(30), { threshold: '[180]' })), { categories: list(255, (i) => i) }),
  'features with categories': () => model([leaf], { inputs: 300_000, categories: '[10]' }),
  'as many features with categories as may be': () => model([leaf], { inputs: 10_000, categories: '[10]' }),
}
