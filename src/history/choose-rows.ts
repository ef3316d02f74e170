import type { SealedSpan } from './sealed-bars.ts'
import type { VectorSpan } from './sealed-vectors.ts'
import { literal } from './table.ts'

/** Which rows of files: of bars the last version that was known of each in a span, in order; of vectors those of a symbol, in the order of serving; or which symbols there are, in order. */
export type Choice = ({ readonly of: 'bars' } & SealedSpan) | ({ readonly of: 'vectors' } & VectorSpan) | { readonly of: 'symbols' }

const moment = (ms: number): string => `epoch_ms(CAST(${ms} AS BIGINT))::TIMESTAMPTZ`

/** Rules on times that hold where they are given, one at least. */
function rules(...all: readonly (readonly [rule: string, ms: number | undefined])[]): string {
  const given = all.flatMap(([rule, ms]) => (ms === undefined ? [] : [`${rule} ${moment(ms)}`]))
  return given.length === 0 ? 'true' : given.join(' AND ')
}

/** What to read instead of a source: its chosen rows. */
export function chooseRows(source: string, choice: Choice | undefined): string {
  switch (choice?.of) {
    case 'bars': {
      const { from, to, asOf, knownAt } = choice
      const where = rules(['open_time >=', from], ['open_time <', to], ['close_time <=', asOf], ['received_time <=', knownAt])
      return `(SELECT * FROM ${source} WHERE ${where} QUALIFY row_number() OVER (PARTITION BY open_time ORDER BY version DESC) = 1 ORDER BY open_time)`
    }
    case 'vectors': {
      const { symbol, from, to } = choice
      // Ids of predictions sort as they were made.
      return `(SELECT * FROM ${source} WHERE symbol = ${literal(symbol)} AND ${rules(['served_time >=', from], ['served_time <', to])} ORDER BY served_time, prediction_id)`
    }
    case 'symbols':
      return `(SELECT DISTINCT symbol FROM ${source} ORDER BY symbol)`
    case undefined:
      return source
  }
}
