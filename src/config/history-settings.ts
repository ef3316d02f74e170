import Type from 'typebox'
import { milliseconds, strict } from './setting-kinds.ts'

const logMb = (of: string, fallback: number) =>
  Type.Integer({
    description: `MiB that the log of ${of} may take until its days are sealed; what does not fit is not kept, and counted; 0 keeps none`,
    default: fallback,
    minimum: 0,
    maximum: 1_048_576,
  })

/** How history is kept. */
export const History = Type.Object(
  {
    enabled: Type.Boolean({
      description: 'Seal what is kept of closed days (UTC) into Parquet in the data folder: bars and the rest; needs market.persist',
      default: true,
    }),
    everyMs: milliseconds('How often closed days are sealed, in a process of its own', 3_600_000, 1_000),
    keepDays: Type.Integer({
      description: 'Days that sealed bars (by whole months) and vectors of predictions stay; 0 keeps all',
      default: 0,
      minimum: 0,
      maximum: 36_500,
    }),
    vectorsMb: logMb('vectors that predictions saw', 1_024),
    ticksMb: logMb('trades', 0),
    booksMb: logMb('order books', 0),
    rawKeepDays: Type.Integer({ description: 'Days that sealed trades and order books stay; 0 keeps all', default: 30, minimum: 0, maximum: 36_500 }),
  },
  { ...strict, description: 'History in Parquet' },
)
