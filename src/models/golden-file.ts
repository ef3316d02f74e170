import { ServingError } from '../contracts/error.ts'

/** The file of golden rows: inputs (window rows flattened, oldest first) and the outputs that the training framework gave. */
export type GoldenFile = {
  readonly tolerance: { readonly absolute: number; readonly relative: number }
  readonly rows: readonly { readonly input: readonly number[]; readonly output: readonly number[] }[]
}

const fewestRows = 16
const mostRows = 100_000
const widestTolerance = 0.01
// JSON has no numbers for them.
const named = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
])

/** Editors write it in front, and JSON does not know it. */
const byteOrderMark = /^\uFEFF/

function refuse(message: string): never {
  throw new ServingError('model_verification_failed', `the golden rows do not fit their schema: ${message}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.replace(byteOrderMark, ''))
  } catch (error) {
    return refuse(`they are no JSON, or were cut off: ${(error as Error).message}`)
  }
}

/** The members of an object that has exactly these. */
function membersOf<Name extends string>(value: unknown, where: string, names: readonly Name[]): Record<Name, unknown> {
  const found = typeof value === 'object' && value !== null ? Object.keys(value) : []
  if (found.length !== names.length || !names.every((name) => found.includes(name))) refuse(`${where} must be an object with ${names.join(', ')}`)
  return value as Record<Name, unknown>
}

function toleranceOf(value: unknown, where: string): number {
  if (typeof value === 'number' && value >= 0 && value <= widestTolerance) return value
  return refuse(`${where} must be a number between 0 and ${widestTolerance}`)
}

function numbersOf(value: unknown, where: string, isNamed: boolean): readonly number[] {
  if (!Array.isArray(value)) return refuse(`${where} must be an array of numbers`)
  return value.map((each: unknown, index) => {
    const number = typeof each === 'number' ? each : isNamed && typeof each === 'string' ? named.get(each) : undefined
    return number ?? refuse(`${where}/${index} must be a number${isNamed ? ', "NaN", "Infinity" or "-Infinity"' : ''}`)
  })
}

/** Reads and checks a file of golden rows, without a schema compiler: to load that would be most of the start of the loading process. Throws `model_verification_failed` with the place. */
export function readGoldenFile(text: string): GoldenFile {
  const { schema, tolerance, rows } = membersOf(jsonOf(text), 'the file', ['schema', 'tolerance', 'rows'])
  if (schema !== 1) refuse('/schema must be 1')
  const { absolute, relative } = membersOf(tolerance, '/tolerance', ['absolute', 'relative'])
  if (!Array.isArray(rows) || rows.length < fewestRows || rows.length > mostRows)
    return refuse(`/rows must be ${fewestRows} to ${mostRows} rows of input and output`)
  return {
    tolerance: { absolute: toleranceOf(absolute, '/tolerance/absolute'), relative: toleranceOf(relative, '/tolerance/relative') },
    rows: rows.map((row: unknown, index) => {
      const { input, output } = membersOf(row, `/rows/${index}`, ['input', 'output'])
      const outputs = numbersOf(output, `/rows/${index}/output`, false)
      if (outputs.length === 0) refuse(`/rows/${index}/output must have a number`)
      return { input: numbersOf(input, `/rows/${index}/input`, true), output: outputs }
    }),
  }
}
