import { isList, isMembers, type Numbers, type Value } from './xgboost/document.ts'

/** An XGBoost document with members to be changed; a member that is undefined is left out. */
export type Draft = { readonly [key: string]: Value | undefined | Draft }

/** A draft with some members changed, deeper ones by their own drafts. */
export function changed(draft: Draft, changes: Draft): Draft {
  const merged: Record<string, Draft[string]> = { ...draft }
  for (const [key, change] of Object.entries(changes)) {
    const before = merged[key]
    merged[key] = isMembers(change as Value) && isMembers(before as Value) ? changed(before as Draft, change as Draft) : change
  }
  return merged
}

/** One split on feature 0 at 0.5 with missing values to the left: left leaf 1, right leaf 2. */
export function stump(changes: Draft = {}): Draft {
  const tree: Draft = {
    base_weights: Float32Array.of(0, 1, 2),
    categories: new Int32Array(0),
    categories_nodes: new Int32Array(0),
    categories_segments: new Float64Array(0),
    categories_sizes: new Float64Array(0),
    default_left: Uint8Array.of(1, 0, 0),
    left_children: Int32Array.of(1, -1, -1),
    loss_changes: Float32Array.of(5, 0, 0),
    parents: Int32Array.of(2147483647, 0, 0),
    right_children: Int32Array.of(2, -1, -1),
    split_conditions: Float32Array.of(0.5, 1, 2),
    split_indices: Int32Array.of(0, 0, 0),
    split_type: Uint8Array.of(0, 0, 0),
    sum_hessian: Float32Array.of(10, 4, 6),
    tree_param: { num_deleted: '0', num_feature: '2', num_nodes: '3', size_leaf_vector: '1' },
  }
  return changed(tree, changes)
}

/** Changes that make a stump's split categorical: `categories` go right. */
export function byCategory(...categories: number[]): Draft {
  return {
    split_type: Uint8Array.of(1, 0, 0),
    categories: Int32Array.from(categories),
    categories_nodes: Int32Array.of(0),
    categories_segments: Float64Array.of(0),
    categories_sizes: Float64Array.of(categories.length),
  }
}

/** A tree of one leaf. */
export function leaf(value: number): Draft {
  const one = (number: number): Float32Array => Float32Array.of(number)
  return {
    ...stump(),
    default_left: Uint8Array.of(0),
    left_children: Int32Array.of(-1),
    right_children: Int32Array.of(-1),
    split_conditions: one(value),
    split_indices: Int32Array.of(0),
    split_type: Uint8Array.of(0),
    sum_hessian: one(10),
    tree_param: { num_deleted: '0', num_nodes: '1', size_leaf_vector: '0' },
  }
}

/** The booster of these trees, each for output `info[t]`. */
export function booster(trees: readonly Draft[], info: readonly number[] = trees.map(() => 0)): Draft {
  return {
    name: 'gbtree',
    model: {
      gbtree_model_param: { num_trees: String(trees.length), num_parallel_tree: '1' },
      iteration_indptr: [0, trees.length],
      tree_info: info,
      trees: trees.map((tree, id) => ({ ...tree, id })),
    },
  }
}

/** A model over two features that adds its trees to 0. */
export function modelOf(trees: readonly Draft[] = [stump()], learner: Draft = {}): Draft {
  const all: Draft = {
    attributes: {},
    feature_names: [],
    feature_types: [],
    gradient_booster: booster(trees),
    learner_model_param: { base_score: '[0E0]', boost_from_average: '1', num_class: '0', num_feature: '2', num_target: '1' },
    objective: { name: 'reg:squarederror' },
  }
  return { learner: changed(all, learner), version: [3, 2, 0] }
}

/** A draft as XGBoost's JSON. */
export function jsonOf(value: Value | undefined | Draft): string {
  if (isList(value as Value)) return `[${Array.from(value as ArrayLike<Value>, jsonOf).join(',')}]`
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${jsonOf(member as Draft)}`).join(',')}}`
}

const utf8 = new TextEncoder()
const bigEndian = (bytes: number, write: (view: DataView) => void): number[] => {
  const view = new DataView(new ArrayBuffer(bytes))
  write(view)
  return [...new Uint8Array(view.buffer)]
}
const marker = (letter: string): number => letter.charCodeAt(0)
const float = (value: number): number[] => bigEndian(4, (view) => view.setFloat32(0, value))
const int = (value: number): number[] => bigEndian(4, (view) => view.setInt32(0, value))
/** A UBJSON int64 with its marker. */
export function length(value: number): number[] {
  return [marker('L'), ...bigEndian(8, (view) => view.setBigInt64(0, BigInt(value)))]
}
const textOf = (text: string): number[] => [...length(utf8.encode(text).length), ...utf8.encode(text)]

function packed(numbers: Numbers): number[] {
  const head = (letter: string): number[] => [...utf8.encode(`[$${letter}#`), ...length(numbers.length)]
  const all = [...numbers]
  if (numbers instanceof Float32Array) return [...head('d'), ...all.flatMap(float)]
  if (numbers instanceof Int32Array) return [...head('l'), ...all.flatMap(int)]
  if (numbers instanceof Int8Array) return [...head('i'), ...new Uint8Array(numbers)]
  return numbers instanceof Uint8Array ? [...head('U'), ...all] : [...head('L'), ...all.flatMap((value) => length(value).slice(1))]
}

function bytesOf(value: Value | Draft): number[] {
  if (value === null) return [marker('Z')]
  if (typeof value === 'boolean') return [marker(value ? 'T' : 'F')]
  if (typeof value === 'string') return [marker('S'), ...textOf(value)]
  if (typeof value === 'number') return Number.isInteger(value) ? [marker('l'), ...int(value)] : [marker('d'), ...float(value)]
  if (ArrayBuffer.isView(value)) return packed(value)
  if (Array.isArray(value)) return [marker('['), marker('#'), ...length(value.length), ...(value as Value[]).flatMap(bytesOf)]
  const members = Object.entries(value as Draft).filter(([, member]) => member !== undefined)
  return [marker('{'), ...members.flatMap(([key, member]) => [...textOf(key), ...bytesOf(member as Value)]), marker('}')]
}

/** A draft as XGBoost's UBJSON. */
export function ubjsonOf(draft: Value | Draft): Uint8Array {
  return Uint8Array.from(bytesOf(draft))
}
