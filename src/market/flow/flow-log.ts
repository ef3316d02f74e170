import type { Book, Trade } from '../../contracts/flow.ts'
import type { Clock } from '../../contracts/ports.ts'
import type { DayLog } from '../day-log.ts'
import { encodeBooks, encodeTrades, type FlowRecord } from './flow-records.ts'

/** Where trades and order books are kept as they came; those without a log are not. */
export type FlowLogDeps = { readonly ticks?: DayLog | undefined; readonly books?: DayLog | undefined; readonly clock: Clock }

const tradesPerRecord = 10_000
const booksPerRecord = 500

/** Keeps accepted trades and order books for history: what came in together is one write, done before its sender is answered. */
export class FlowLog {
  readonly #deps: FlowLogDeps
  constructor(deps: FlowLogDeps) {
    this.#deps = deps
  }

  /** Keeps trades; undefined where none are kept. */
  get trades(): ((symbol: string, events: readonly Trade[]) => void) | undefined {
    const { ticks } = this.#deps
    return ticks && ((symbol, events) => this.#keep(ticks, { symbol, events }, { encode: encodeTrades, most: tradesPerRecord }))
  }

  /** Keeps order books; undefined where none are kept. */
  get books(): ((symbol: string, events: readonly Book[]) => void) | undefined {
    const { books } = this.#deps
    return books && ((symbol, events) => this.#keep(books, { symbol, events }, { encode: encodeBooks, most: booksPerRecord }))
  }

  async close(): Promise<void> {
    await Promise.all([this.#deps.ticks?.close(), this.#deps.books?.close()])
  }

  #keep<Event>(
    log: DayLog,
    { symbol, events }: Pick<FlowRecord<Event>, 'symbol' | 'events'>,
    { encode, most }: { readonly encode: (record: FlowRecord<Event>) => Uint8Array; readonly most: number },
  ): void {
    const receivedTime = this.#deps.clock.now()
    for (let from = 0; from < events.length; from += most) {
      const some = events.slice(from, from + most)
      log.append(encode({ symbol, receivedTime, events: some }), some.length)
    }
  }
}
