import type { Transform } from '../ensemble.ts'
import { ModelFormatError, type ModelPlace } from '../model-format-error.ts'
import { parseFloatExactly } from './numbers.ts'
import { countWords } from './words.ts'

const identity: Transform = { kind: 'identity' }
const exponential: Transform = { kind: 'exponential' }

type Parameters = { readonly sqrt: boolean; readonly slope: number }
type Row = { readonly transform: (parameters: Parameters) => Transform; readonly classes: boolean }

const one = (transform: Row['transform']): Row => ({ transform, classes: false })
const squareIfAsked = one(({ sqrt }) => (sqrt ? { kind: 'signed-square' } : identity))
const sloped = ({ slope }: Parameters): Transform => ({ kind: 'sigmoid', slope })

/** LightGBM's objectives by the name it writes, with the transform of its ConvertOutput. */
const objectives = new Map<string, Row>([
  ['regression', squareIfAsked],
  ['regression_l1', squareIfAsked],
  ['quantile', squareIfAsked],
  ['mape', squareIfAsked],
  ['fair', squareIfAsked],
  ['huber', one(() => identity)],
  ['poisson', one(() => exponential)],
  ['gamma', one(() => exponential)],
  ['tweedie', one(() => exponential)],
  ['binary', one(sloped)],
  ['cross_entropy', one(() => ({ kind: 'sigmoid', slope: 1 }))],
  ['cross_entropy_lambda', one(() => ({ kind: 'log1p-exponential' }))],
  ['lambdarank', one(() => identity)],
  ['rank_xendcg', one(() => identity)],
  ['multiclass', { transform: () => ({ kind: 'softmax' }), classes: true }],
  ['multiclassova', { transform: sloped, classes: true }],
])

const positive = (text: string, place: ModelPlace): number => {
  const value = parseFloatExactly(text)
  if (value === undefined || !(value > 0 && value < Infinity))
    throw new ModelFormatError(`the objective's sigmoid must be a positive number, not "${text.slice(0, 40)}"`, place)
  return value
}

type Words = { readonly name: string; readonly option: (key: string) => string | undefined; readonly has: (word: string) => boolean }

/** LightGBM writes three at most. */
const mostWords = 10

function wordsOf(text: string, place: ModelPlace): Words {
  if (countWords(text) > mostWords) throw new ModelFormatError(`the objective has more than ${mostWords} words`, place)
  const [name = '', ...words] = text.trim().split(/ +/)
  return { name, option: (key) => words.find((word) => word.startsWith(`${key}:`))?.slice(key.length + 1), has: (word) => words.includes(word) }
}

const fits = ({ classes }: Row, stated: string | undefined, outputs: number): boolean =>
  classes ? stated === undefined || Number(stated) === outputs : outputs === 1

/** The objective line, e.g. `binary sigmoid:1`, for a model of `outputs` scores. No line (a custom objective) = identity. An unknown objective is a ModelFormatError. */
export function parseObjective(text: string | undefined, outputs: number, place: ModelPlace): { name: string; transform: Transform } {
  const { name, option, has } = wordsOf(text ?? '', place)
  if (['', 'custom', 'none'].includes(name)) return { name: 'custom', transform: identity }
  const row = objectives.get(name)
  if (row === undefined) throw new ModelFormatError(`the objective "${name.slice(0, 40)}" is not known; known are ${[...objectives.keys()].join(', ')}`, place)
  if (!fits(row, option('num_class'), outputs)) throw new ModelFormatError(`the objective "${name}" does not fit ${outputs} trees per iteration`, place)
  return { name, transform: row.transform({ sqrt: has('sqrt'), slope: positive(option('sigmoid') ?? '1', place) }) }
}
