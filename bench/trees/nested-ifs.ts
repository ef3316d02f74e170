import { missing, missingOf, nodeFlag, type Ensemble } from '../../src/trees/ensemble.ts'

const treesPerFile = 50

/** A double as C reads it back to the same bits. */
const literal = (value: number): string => (Number.isFinite(value) ? value.toExponential() : value > 0 ? 'INFINITY' : '-INFINITY')

function setTest(ensemble: Ensemble, set: number, x: string): string {
  const [from, to] = [ensemble.categoryOffset[set]!, ensemble.categoryOffset[set + 1]!]
  return `in_set(${x}, words + ${from}, ${(to - from) * 32})`
}

/** The test of a node, with its missing values: a comparison with NaN is false, so `x <= t` sends it right and `!(x > t)` left. */
function testOf(ensemble: Ensemble, node: number): string {
  const flags = ensemble.flags[node]!
  const threshold = ensemble.threshold[node]!
  const x = `x[${ensemble.feature[node]!}]`
  if ((flags & nodeFlag.categorical) !== 0) return setTest(ensemble, threshold, x)
  if (missingOf(flags) === missing.zero) throw new Error('models with zero_as_missing are no part of the contest')
  const nanGoesLeft = missingOf(flags) === missing.none ? threshold >= 0 : (flags & nodeFlag.defaultLeft) !== 0
  return nanGoesLeft ? `!(${x} > ${literal(threshold)})` : `${x} <= ${literal(threshold)}`
}

/** One tree as a function; the side that more training rows took is marked as the likely one. */
function treeFunction(ensemble: Ensemble, t: number): string {
  const [firstNode, firstLeaf] = [ensemble.nodeOffset[t]!, ensemble.leafOffset[t]!]
  const coverOf = (child: number): number => (child < 0 ? ensemble.cover?.leaf[firstLeaf + ~child] : ensemble.cover?.node[firstNode + child]) ?? 0
  const write = (child: number): string => {
    if (child < 0) return `return ${literal(ensemble.leafValue[firstLeaf + ~child]!)};`
    const [left, right] = [ensemble.left[firstNode + child]!, ensemble.right[firstNode + child]!]
    const likely = coverOf(left) >= coverOf(right) ? 1 : 0
    return `if (__builtin_expect(${testOf(ensemble, firstNode + child)}, ${likely})) { ${write(left)} } else { ${write(right)} }`
  }
  return `static double tree${t}(const double *x) { ${write(ensemble.nodeOffset[t + 1]! > firstNode ? 0 : -1)} }`
}

function part(ensemble: Ensemble, from: number): string {
  const trees = Array.from({ length: Math.min(treesPerFile, ensemble.trees - from) }, (_, i) => from + i)
  const words = ensemble.categoryWords.length > 0 ? `static const unsigned words[] = {${ensemble.categoryWords.join(', ')}};\n${inSet}` : ''
  const sum = trees.map((t) => `sum += tree${t}(x);`).join(' ')
  return `#include <math.h>\n${words}${trees.map((t) => treeFunction(ensemble, t)).join('\n')}\ndouble part${from}(const double *x, double sum) { ${sum} return sum; }\n`
}

const inSet = `static int in_set(double x, const unsigned *set, int bits) {
  int c = x > -1 && x < bits ? (int)x : bits;
  return c < bits && (set[c >> 5] >> (c & 31) & 1);
}
`

/** A forest of one output as C in the manner of treelite: each file holds the functions of some trees, the last one `double forest(const double *)`, which adds them in tree order. */
export function nestedIfs(ensemble: Ensemble): readonly string[] {
  const firsts = Array.from({ length: Math.ceil(ensemble.trees / treesPerFile) }, (_, i) => i * treesPerFile)
  const declarations = firsts.map((from) => `double part${from}(const double *x, double sum);`).join('\n')
  const calls = firsts.map((from) => `sum = part${from}(x, sum);`).join(' ')
  return [...firsts.map((from) => part(ensemble, from)), `${declarations}\ndouble forest(const double *x) { double sum = 0; ${calls} return sum; }\n`]
}
