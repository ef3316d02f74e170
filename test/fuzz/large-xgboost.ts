const times = <T>(count: number, value: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => value(i))
const list = (count: number, value: (i: number) => number | string): string => `[${times(count, value).join(',')}]`

type Lists = Readonly<Record<string, string>>
const tree = (id: number, nodes: number, lists: Lists): string => {
  const zeros = list(nodes, () => 0)
  const all = { default_left: zeros, split_indices: zeros, split_conditions: list(nodes, () => 1), sum_hessian: list(nodes, () => 1), ...lists }
  const members = Object.entries(all).map(([key, value]) => `"${key}":${value}`)
  return `{"id":${id},"tree_param":{"num_nodes":"${nodes}"},${members.join(',')}}`
}
const leaf = { left_children: '[-1]', right_children: '[-1]' }
const stump = { left_children: '[1,-1,-1]', right_children: '[2,-1,-1]' }
const balanced = (leaves: number): Lists => {
  const child = (side: number) => (i: number) => (i < leaves - 1 ? 2 * i + side : -1)
  return { left_children: list(2 * leaves - 1, child(1)), right_children: list(2 * leaves - 1, child(2)) }
}
const chain = (leaves: number): Lists => {
  const child = (side: number) => (i: number) => (i % 2 === 0 && i < 2 * leaves - 2 ? i + side : -1)
  return { left_children: list(2 * leaves - 1, child(1)), right_children: list(2 * leaves - 1, child(2)) }
}
const byCategory = (categories: string, count: number): Lists => ({
  ...stump,
  split_type: '[1,0,0]',
  categories,
  categories_nodes: '[0]',
  categories_segments: '[0]',
  categories_sizes: `[${count}]`,
})

function model(count: number, one: (id: number) => string, { features = 1, names = '[]', cats = 'null' } = {}): string {
  const parameters = `{"base_score":"0","num_class":"0","num_feature":"${features}"}`
  const trees = times(count, one).join(',')
  const forest = `{"gbtree_model_param":{"num_trees":"${count}"},"cats":${cats},"tree_info":${list(count, () => 0)},"trees":[${trees}]}`
  const booster = `{"name":"gbtree","model":${forest}}`
  return `{"version":[3,2,0],"learner":{"learner_model_param":${parameters},"objective":{"name":"reg:squarederror"},"feature_names":${names},"gradient_booster":${booster}}}`
}

/** XGBoost's JSON as dense as can be, each with much of one thing. */
export const largeXgBoost: Readonly<Record<string, () => string>> = {
  'trees of one leaf': () => model(15_000, (id) => tree(id, 1, leaf)),
  'trees of 31 leaves': () => model(3_000, (id) => tree(id, 61, balanced(31))),
  'chains of 512 leaves': () => model(200, (id) => tree(id, 1023, chain(512))),
  'one balanced tree': () => model(1, (id) => tree(id, 199_999, balanced(100_000))),
  'one chain': () => model(1, (id) => tree(id, 99_999, chain(50_000))),
  features: () => model(1, (id) => tree(id, 1, leaf), { features: 1_000_000, names: list(1_000_000, () => '""') }),
  'one large category set': () =>
    model(1, (id) =>
      tree(
        id,
        3,
        byCategory(
          list(500_000, (i) => i),
          500_000,
        ),
      ),
    ),
  'sets of one large category': () => model(10_000, (id) => tree(id, 3, byCategory('[1000]', 1))),
  'category names': () => model(1, (id) => tree(id, 1, leaf), { cats: `{"enc":[{"values":${list(1_000_000, () => 7)}}]}` }),
}

const inList = (item: string): string => `{"version":[${item.repeat(3_000_000 / item.length)}0]}`
const keyed = (count: number, member: (name: string) => string): string => times(count, (i) => member(i.toString(36))).join(',')

/** JSON that is no model, as dense as can be. */
export const largeJunk: Readonly<Record<string, () => string>> = {
  'whole numbers': () => inList('1,'),
  'bare words': () => inList('NaN,'),
  'quotes among bare words': () => inList('"",NaN,'),
  'escaped quotes': () => `{"a":"NaN${String.raw`\"`.repeat(1_500_000)}"}`,
  'empty lists': () => inList('[],'),
  'empty objects': () => inList('{},'),
  'open brackets': () => `{"a":${'['.repeat(3_000_000)}`,
  'lists as dense as they may be': () => inList('[0,0,0],'),
  'objects as dense as they may be': () => `{"a":[${keyed(200_000, (name) => `{"${name.padStart(7, '_')}":0}`)}]}`,
  'keys as dense as they may be': () => `{${keyed(250_000, (name) => `"${name.padStart(8, '_')}":0`)}}`,
}
