import { styleText } from 'node:util'
import type { Bar, IngestReport, SeriesKey } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { formatInstant } from '../contracts/instant.ts'
import type { PredictResponse } from '../contracts/predict.ts'

type Output = { write(text: string): unknown }
type Colour = 'green' | 'red' | 'gray'

const shownReasons = 5
const colours: Readonly<Record<string, Colour>> = { BUY: 'green', SELL: 'red', HOLD: 'gray' }

/** One line for a bar that closed and the signal that followed: what a person watches. */
export function signalLine({ symbol, timeframe }: SeriesKey, bar: Bar, answer: PredictResponse): string {
  const { signal, confidence } = answer.prediction
  const price = bar.close.toFixed(2).padStart(10)
  const model = `${answer.model_info.name} ${answer.model_info.version}`
  return `${formatInstant(bar.closeTime)}  ${symbol} ${timeframe}  close ${price}  ${styleText(colours[signal] ?? 'gray', signal.padEnd(4))}  confidence ${confidence.toFixed(3)}  ${model}${answer.degraded ? '  degraded' : ''}`
}

/** Prints a signal line for every bar; a refusal is a line too. */
export class Narrator {
  readonly #key: SeriesKey
  readonly #output: Output
  constructor(key: SeriesKey, output: Output = process.stdout) {
    this.#key = key
    this.#output = output
  }

  /** Says which bars were quarantined, of many the first ones, and why. */
  tellQuarantined(refused: IngestReport['quarantined']): void {
    const { symbol, timeframe } = this.#key
    for (const { openTime, reason } of refused.slice(0, shownReasons))
      this.#output.write(`${formatInstant(openTime)}  ${symbol} ${timeframe}  quarantined: ${reason}\n`)
    if (refused.length > shownReasons) this.#output.write(`and ${refused.length - shownReasons} more bars were quarantined\n`)
  }

  async tell(bar: Bar, answer: PredictResponse | Promise<PredictResponse>): Promise<void> {
    try {
      this.#output.write(`${signalLine(this.#key, bar, await answer)}\n`)
    } catch (error) {
      const why = error instanceof ServingError ? `${error.code}: ${error.message}` : String(error)
      this.#output.write(`${formatInstant(bar.closeTime)}  ${this.#key.symbol} ${this.#key.timeframe}  no signal: ${why}\n`)
    }
  }
}
