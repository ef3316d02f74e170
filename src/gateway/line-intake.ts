import type { Readable } from 'node:stream'
import type { Static, TSchema } from 'typebox'
import { ServingError } from '../contracts/error.ts'
import type { LinesResponse } from '../contracts/flow-requests.ts'
import { compileCheck, type ValueCheck } from './check-value.ts'
import type { RouteDeps } from './gateway-deps.ts'
import { parseStrict } from './parse-strict.ts'
import { type Line, splitLines } from './split-lines.ts'

/** What became of some rows: how many by result, and which were refused why, by their place among them. */
export type Taken = { readonly counts: Readonly<Record<string, number>>; readonly refused: readonly { readonly index: number; readonly reason: string }[] }

/** A body that comes line by line: an object says what the rows behind it are of, arrays are the rows. */
export type Lines = {
  readonly head: TSchema
  readonly row: TSchema
  readonly take: (head: never, rows: never, deps: RouteDeps) => Promise<Taken>
}

/** Declares such a body with the types of its schemas. */
export const defineLines = <H extends TSchema, R extends TSchema>(lines: {
  readonly head: H
  readonly row: R
  readonly take: (head: Static<H>, rows: readonly Static<R>[], deps: RouteDeps) => Promise<Taken>
}): Lines => lines

/** Lines with their checks, compiled once. */
export type CheckedLines = { readonly lines: Lines; readonly head: ValueCheck<unknown>; readonly row: ValueCheck<unknown> }

/** Compiles the checks of lines. */
export const checkLines = (lines: Lines): CheckedLines => ({ lines, head: compileCheck(lines.head), row: compileCheck(lines.row) })

const reasonsTold = 100

/** Takes the lines of one stream: the rows of a chunk go in together, a line that is wrong is refused and the others are taken. */
class LineIntake {
  readonly #checked: CheckedLines
  readonly #deps: RouteDeps
  readonly #counts: Record<string, number> = {}
  readonly #refused: { readonly line: number; readonly reason: string }[] = []
  #head: unknown
  #rows: unknown[] = []
  #places: number[] = []
  #malformed = 0
  constructor(checked: CheckedLines, deps: RouteDeps) {
    this.#checked = checked
    this.#deps = deps
  }

  /** Takes a line: at once, unless rows before it must go in first. */
  take({ line, bytes }: Line): Promise<void> | undefined {
    try {
      if (bytes === undefined) throw new ServingError('body_too_large', 'the line is longer than 64 KiB')
      if (bytes.every((byte) => byte <= 32)) return undefined
      const value = parseStrict(bytes)
      if (!Array.isArray(value)) return this.#takeHead(value, line)
      this.#takeRow(value, line)
    } catch (error) {
      this.#malformedLine(line, error)
    }
    return undefined
  }

  /** Hands over the rows that have been gathered. */
  async flush(): Promise<void> {
    const [rows, places] = [this.#rows, this.#places]
    if (rows.length === 0) return
    this.#rows = []
    this.#places = []
    const { counts, refused } = await this.#checked.lines.take(this.#head as never, rows as never, this.#deps)
    for (const [result, count] of Object.entries(counts)) this.#counts[result] = (this.#counts[result] ?? 0) + count
    for (const { index, reason } of refused) this.#refuse(places[index] as number, reason)
  }

  answer(): LinesResponse {
    return {
      accepted: 0,
      unchanged: 0,
      quarantined: 0,
      ...this.#counts,
      malformed: this.#malformed,
      refused: this.#refused.toSorted((a, b) => a.line - b.line),
    }
  }

  #takeRow(value: unknown, line: number): void {
    if (this.#head === undefined) throw new ServingError('validation_failed', 'an object that says what the rows are of must come before them')
    this.#rows.push(this.#checked.row.check(value))
    this.#places.push(line)
  }

  /** Rows behind a head that is wrong belong to nothing: they are refused, not taken for the head before. */
  async #takeHead(value: unknown, line: number): Promise<void> {
    await this.flush()
    this.#head = undefined
    try {
      this.#head = this.#checked.head.check(value)
    } catch (error) {
      this.#malformedLine(line, error)
    }
  }

  #malformedLine(line: number, error: unknown): void {
    if (!(error instanceof ServingError)) throw error
    this.#malformed += 1
    this.#refuse(line, error.message)
  }

  #refuse(line: number, reason: string): void {
    if (this.#refused.length < reasonsTold) this.#refused.push({ line, reason })
  }
}

/** Reads a stream to its end, no faster than its rows are taken. Throws when the signal aborts, and what `take` throws; rows before that are taken. */
export async function takeLines(
  body: Readable,
  checked: CheckedLines,
  { deps, signal }: { readonly deps: RouteDeps; readonly signal: AbortSignal },
): Promise<LinesResponse> {
  const intake = new LineIntake(checked, deps)
  for await (const lines of splitLines(body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)) {
    signal.throwIfAborted()
    for (const line of lines) {
      const taking = intake.take(line)
      if (taking) await taking
    }
    await intake.flush()
  }
  return intake.answer()
}
