import { connect, type Socket } from 'node:net'

/** A response read from raw bytes. */
export type RawAnswer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly text: string }

/** A TCP connection on which a test writes whatever it likes. */
export class RawConnection {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #wake = () => {}
  readonly closed: Promise<void>
  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#wake())
  }

  send(text: string | Uint8Array): this {
    this.#socket.write(text)
    return this
  }

  /** Leaves without a word. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** The next whole response; undefined when the connection closes before one is complete. */
  async next(): Promise<RawAnswer | undefined> {
    for (;;) {
      const answer = this.#take()
      if (answer !== undefined) return answer
      if (this.#socket.destroyed) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #take(): RawAnswer | undefined {
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [line = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n')
    const headers = Object.fromEntries(lines.map((text) => [text.slice(0, text.indexOf(':')).toLowerCase(), text.slice(text.indexOf(':') + 1).trim()]))
    const total = end + 4 + Number(headers['content-length'] ?? 0)
    if (this.#received.length < total) return undefined
    const text = this.#received.toString('utf8', end + 4, total)
    this.#received = this.#received.subarray(total)
    return { status: Number(line.split(' ')[1]), headers, text }
  }
}
