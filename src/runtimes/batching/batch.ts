import { ServingError } from '../../contracts/error.ts'
import type { Deadline } from '../../contracts/ports.ts'
import type { RowsCall, WaitingRows } from './waiting-rows.ts'

/** Rows of several callers one after the other. */
function together(members: readonly WaitingRows[]): Float64Array {
  const [first] = members
  if (first && members.length === 1) return first.rows
  const rows = new Float64Array(members.reduce((sum, member) => sum + member.rows.length, 0))
  let at = 0
  for (const member of members) {
    rows.set(member.rows, at)
    at += member.rows.length
  }
  return rows
}

/** The rows of several callers as one call of their model: it lasts as long as any of them waits. */
export class Batch implements RowsCall {
  readonly members: readonly WaitingRows[]
  readonly rows: Float64Array
  readonly count: number
  readonly deadline: Deadline

  constructor(members: readonly WaitingRows[]) {
    this.members = members
    this.count = members.reduce((sum, { count }) => sum + count, 0)
    this.rows = together(members)
    const nobody = new AbortController()
    this.deadline = { at: Math.max(...members.map(({ deadline }) => deadline.at)), signal: nobody.signal }
    let waiting = members.length
    for (const member of members) {
      member.onLeave = () => {
        waiting -= 1
        if (waiting === 0) nobody.abort()
      }
    }
  }

  /** Gives each caller his rows of the answer, `outputs` values each. Throws `model_output_invalid` when they are not as many as asked for. */
  answer(values: Float64Array, outputs: number): void {
    if (values.length !== this.count * outputs)
      throw new ServingError('model_output_invalid', `The model gave ${values.length} values for ${this.count} rows instead of ${this.count * outputs}`)
    let at = 0
    for (const member of this.members) {
      const end = at + member.count * outputs
      member.settle(this.members.length === 1 ? values : values.slice(at, end))
      at = end
    }
  }
}
