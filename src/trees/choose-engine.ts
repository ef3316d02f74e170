import { hasCategories, largestTree, type Ensemble } from './ensemble.ts'

/** The kernels for single rows. */
export type KernelEngine = 'bit-slab' | 'bt4' | 'wide'

/** The ways to evaluate single rows. */
export type Engine = KernelEngine | 'interpreter'

/** What of an ensemble the choice looks at. */
type Shape = { readonly linear: boolean; readonly categorical: boolean; readonly trees: number; readonly leaves: number }

/** Bounds that a shape must keep; leaves are those of the largest tree. */
type Row = Partial<Pick<Shape, 'linear' | 'categorical'>> & {
  readonly maxTrees?: number
  readonly maxLeaves?: number
  readonly engine: Engine
  readonly because: string
}

/** The first row whose bounds a shape keeps names its engine; measured: docs/adr/0007. What the engine's kernel cannot hold, byte columns beyond its registers above all, goes to the wide kernel. */
const rule: readonly Row[] = [
  { linear: true, engine: 'interpreter', because: 'no kernel has linear models in its leaves' },
  { maxTrees: 8, engine: 'wide', because: 'for so few trees, turning the row into bytes costs more than walking them' },
  { maxLeaves: 64, engine: 'bit-slab', because: 'small trees are fastest when all of their tests are made, without a branch' },
  { categorical: true, maxLeaves: 128, engine: 'bit-slab', because: 'trees with categories are fastest when all of their tests are made, without a branch' },
  { categorical: false, engine: 'bt4', because: 'large trees are fastest when walked four levels a step' },
  { engine: 'wide', because: 'large trees with categories are walked eight at a time' },
]

function shapeOf(ensemble: Ensemble): Shape {
  const { linear, trees } = ensemble
  return {
    linear: linear !== undefined,
    categorical: hasCategories(ensemble),
    trees,
    leaves: largestTree(ensemble),
  }
}

const keeps = (shape: Shape, { linear = shape.linear, categorical = shape.categorical, maxTrees = Infinity, maxLeaves = Infinity }: Row): boolean =>
  shape.linear === linear && shape.categorical === categorical && shape.trees <= maxTrees && shape.leaves <= maxLeaves

/** The evaluator for an ensemble by its shape alone, and why: the same model always gets the same one. */
export function chooseEngine(ensemble: Ensemble): { readonly engine: Engine; readonly because: string } {
  const shape = shapeOf(ensemble)
  return rule.find((row) => keeps(shape, row))!
}
