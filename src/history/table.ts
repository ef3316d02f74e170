/** How a column stands in a Parquet file: `double`, `integer` (64 bits), `boolean`, `text`, `time` (an instant in UTC; in blocks: ms since the epoch), or `doubles` (a list; in blocks: as JSON). */
export type ColumnType = 'double' | 'integer' | 'boolean' | 'text' | 'time' | 'doubles'

/** One column of a table. */
export type ColumnSpec = { readonly name: string; readonly type: ColumnType }

/** Some rows of a table, column by column: numbers with NaN where there is none, or texts. */
export type Block = { readonly rows: number; readonly columns: readonly (Float64Array | readonly (string | null)[])[] }

/** True for columns that are texts in blocks; the others are numbers. */
export const isText = ({ type }: ColumnSpec): boolean => type === 'text' || type === 'doubles'

/** A name as SQL writes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text as SQL writes it. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

const asStored: Readonly<Record<ColumnType, (name: string) => string>> = {
  double: (name) => name,
  text: (name) => name,
  doubles: (name) => `CAST(${name} AS DOUBLE[]) AS ${name}`,
  integer: (name) => `CAST(${name} AS BIGINT) AS ${name}`,
  boolean: (name) => `CAST(${name} AS BOOLEAN) AS ${name}`,
  time: (name) => `CAST(epoch_ms(CAST(${name} AS BIGINT)) AS TIMESTAMPTZ) AS ${name}`,
}

/** What to select from a table of blocks so that a file has the types of its columns. */
export const storedColumns = (columns: readonly ColumnSpec[]): string => columns.map(({ name, type }) => asStored[type](quoted(name))).join(', ')

const numeric = /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|UHUGEINT|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN)$/

/** What to select from a file so that its column, of whatever type, comes as numbers or texts. */
export function readableColumn(name: string, type: string): string {
  if (numeric.test(type)) return `CAST(${quoted(name)} AS DOUBLE)`
  if (type === 'TIMESTAMP WITH TIME ZONE') return `CAST(epoch_ms(${quoted(name)}) AS DOUBLE)`
  if (type === 'DATE' || type.startsWith('TIMESTAMP')) return `CAST(epoch_ms(CAST(${quoted(name)} AS TIMESTAMP)) AS DOUBLE)`
  return `CAST(${quoted(name)} AS VARCHAR)`
}
