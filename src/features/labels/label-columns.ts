import type { Bar } from '../../contracts/bar.ts'
import { type Label, labelAt, type LabelBars, type LabelSpec } from './labels.ts'
import { uniqueness } from './uniqueness.ts'

/** A label with what of it needs the other labels or the bars: when it was known, and its weight. */
type Landed = Label & { readonly landing: number; readonly weight: number }

/** One column of labels: `integer` ones are whole numbers, `boolean` ones 0 or 1; NaN stands for none. */
export type LabelColumn = {
  readonly name: string
  readonly type: 'double' | 'integer' | 'boolean'
  readonly about: string
  readonly of: (label: Landed) => number
}

const r: LabelColumn = { name: 'r', type: 'double', about: 'ln(exit / entry); entry is the open of the next bar', of: (label) => label.r }
const label: LabelColumn = { name: 'label', type: 'integer', about: '1 buy, -1 sell, 0 neither', of: ({ side }) => side }
const weight: LabelColumn = { name: 'weight', type: 'double', about: 'average uniqueness among the labels of the series, 0 to 1', of: (of) => of.weight }
const landing: LabelColumn = { name: 'label_landing', type: 'integer', about: 'ms since the epoch at which the label was known', of: (of) => of.landing }

const own: Readonly<Record<LabelSpec['kind'], readonly LabelColumn[]>> = {
  'fixed-horizon': [
    { name: 'threshold', type: 'double', about: 'what r must exceed to be a buy, or its opposite to be a sell', of: ({ threshold = NaN }) => threshold },
  ],
  'triple-barrier': [
    {
      name: 'ambiguous',
      type: 'boolean',
      about: 'both barriers lie in one bar: counted as the lower one',
      of: ({ ambiguous }) => (ambiguous === true ? 1 : 0),
    },
    {
      name: 'touch_time',
      type: 'integer',
      about: 'ms since the epoch: close of the bar that touched a barrier; none if time ran out',
      of: (of) => (of.touched === true ? of.landing : NaN),
    },
  ],
  'cost-aware': [
    { name: 'y_long', type: 'double', about: 'what buying was worth after cost; holding is 0', of: ({ buyValue = NaN }) => buyValue },
    { name: 'y_short', type: 'double', about: 'what selling was worth after cost and funding', of: ({ sellValue = NaN }) => sellValue },
  ],
}

/** The columns of a kind of labels, in their order in files. */
export const labelColumns = (kind: LabelSpec['kind']): readonly LabelColumn[] => [r, ...own[kind], label, weight, landing]

/** Names that are labels' and can be no feature's. */
export const labelNames: ReadonlySet<string> = new Set((Object.keys(own) as LabelSpec['kind'][]).flatMap(labelColumns).map(({ name }) => name))

/** The labels of every bar of a series: a row of `labelColumns` by position, undefined where there is no label. */
export function labelRows(series: LabelBars, spec: LabelSpec): (position: number) => readonly number[] | undefined {
  const labels = series.bars.map((_, position) => labelAt(series, position, spec))
  const weights = uniqueness(Int32Array.from(labels, (found) => found?.end ?? -1))
  const columns = labelColumns(spec.kind)
  return (position) => {
    const found = labels[position]
    if (!found) return undefined
    const landed = { ...found, landing: (series.bars[found.end] as Bar).closeTime, weight: weights[position] as number }
    return columns.map(({ of }) => of(landed))
  }
}
