import type { Flow, Funding } from '../../contracts/flow.ts'

const mostKept = 20_000
const rewritten = 'another rate is known for this moment already; what was known then does not change'

/**
 * What was known of one perpetual's funding, and from when on: as of a moment, the newest rate that was published before it, as long as its payment is not past. Rates may come in any order and
 * more than once; the rate of a moment cannot be replaced by another, such as the one that was settled later.
 */
export class FundingLedger {
  /** In order of time. */
  #known: Funding[] = []
  #dropped = false
  #changedFrom = Infinity

  /** Takes a rate, or says why not. `late`: it is older than all that are kept. */
  add(funding: Funding): 'accepted' | 'unchanged' | 'late' | typeof rewritten {
    const at = this.#known.findLastIndex(({ time }) => time <= funding.time)
    const before = this.#known[at]
    if (before?.time === funding.time) return before.rate === funding.rate && before.nextTime === funding.nextTime ? 'unchanged' : rewritten
    if (before === undefined && this.#dropped) return 'late'
    this.#known.splice(at + 1, 0, funding)
    this.#changedFrom = Math.min(this.#changedFrom, funding.time)
    if (this.#known.length > mostKept) {
      this.#known.shift()
      this.#dropped = true
    }
    return 'accepted'
  }

  /** What was known before a moment; undefined where nothing was. A rate whose payment is past is NaN: the next one is not known. */
  before(moment: number): Pick<Flow, 'fundingRate' | 'nextFundingTime'> | undefined {
    const known = this.#known.findLast(({ time }) => time < moment)
    return known && { fundingRate: known.nextTime >= moment ? known.rate : NaN, nextFundingTime: known.nextTime }
  }

  /** Earliest moment from which something else is known than the last time that this was asked; Infinity if nothing changed. */
  takeChange(): number {
    const from = this.#changedFrom
    this.#changedFrom = Infinity
    return from
  }
}
