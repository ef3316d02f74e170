import { styleText } from 'node:util'

const width = 24

/** Where a progress line goes: a terminal gets a bar that redraws itself, anything else gets nothing until the end. */
export type ProgressOutput = { readonly isTTY?: boolean; write(text: string): unknown }

/** A line that shows how far something is, redrawn at most once per percent. */
export class ProgressLine {
  readonly #output: ProgressOutput
  readonly #label: string
  #percent = -1
  constructor(label: string, output: ProgressOutput = process.stderr) {
    this.#label = label
    this.#output = output
  }

  /** Shows a share from 0 to 1, with a word about it. */
  show(share: number, word = ''): void {
    const percent = Math.floor(Math.min(1, Math.max(0, share)) * 100)
    if (this.#output.isTTY !== true || percent === this.#percent) return
    this.#percent = percent
    const full = Math.round((percent / 100) * width)
    this.#output.write(`\r${this.#label} ${styleText('green', '█'.repeat(full))}${'░'.repeat(width - full)} ${String(percent).padStart(3)} % ${word}\u001B[K`)
  }

  /** Replaces the line by its last word. */
  end(text: string): void {
    this.#output.write(`${this.#output.isTTY === true ? '\r\u001B[K' : ''}${this.#label}: ${text}\n`)
  }
}
