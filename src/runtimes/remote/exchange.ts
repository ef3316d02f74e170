import { once } from 'node:events'
import type { Agent, IncomingMessage } from 'node:http'
import { ServingError } from '../../contracts/error.ts'
import { givenUp } from '../process/given-up.ts'

/** One question to the server: a path below its URL, a JSON body for a POST, the most bytes that its answer may have, and when to give up. */
export type Question = { readonly path: string; readonly body?: string; readonly maxBytes: number; readonly signal: AbortSignal }

/** What came of it: an answer with its status, or none because the connection failed. */
export type Reply =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs: number | undefined; readonly text: string }
  | { readonly kind: 'unreachable'; readonly why: string }

// Imports of them would load the WebSocket client that node:http also offers: a tenth of a start, in every process.
const http = process.getBuiltinModule('node:http')
const https = process.getBuiltinModule('node:https')

const connections = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16 }
const longestWaitMs = 60_000

/** `Retry-After` in seconds; the form with a date is not worth trusting another clock. */
function retryAfterMs({ headers }: IncomingMessage): number | undefined {
  const text = headers['retry-after'] ?? ''
  return /^\d{1,6}$/.test(text) ? Math.min(Number(text) * 1_000, longestWaitMs) : undefined
}

async function textOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes)
      throw new ServingError('model_output_invalid', `The remote server's answer has more than the ${maxBytes} bytes that its values could need`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Connections to one server, kept open between questions. Follows no redirect, knows no proxy, and never reads more than a question allows. */
export class RemoteServer {
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #agent: Agent

  constructor(url: URL, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url
    this.#headers = headers
    this.#agent = url.protocol === 'https:' ? new https.Agent(connections) : new http.Agent(connections)
  }

  /** Host and port, as people write them. */
  get host(): string {
    return this.#url.host
  }

  /** Asks once. Throws `deadline_exceeded` (or the signal's reason) when the signal aborts, `model_output_invalid` for an answer that is too long. */
  async ask({ path, body, maxBytes, signal }: Question): Promise<Reply> {
    try {
      const response = await this.#send(path, body, signal)
      const text = await textOf(response, maxBytes)
      return { kind: 'answered', status: response.statusCode ?? 0, retryAfterMs: retryAfterMs(response), text }
    } catch (error) {
      if (error instanceof ServingError) throw error
      if (signal.aborted) throw givenUp(signal)
      const { code, message } = error as NodeJS.ErrnoException
      return { kind: 'unreachable', why: code ?? message }
    }
  }

  /** Ends every connection. */
  close(): void {
    this.#agent.destroy()
  }

  async #send(path: string, body: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    const { protocol, hostname, port, pathname } = this.#url
    const content = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const request = (protocol === 'https:' ? https : http).request({
      agent: this.#agent,
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      ...(port === '' ? {} : { port }),
      path: `${pathname.replace(/\/$/, '')}${path}`,
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...this.#headers, ...content },
      signal,
    })
    // Whoever waits hears of errors by `once` or by reading; what comes later is nobody's.
    request.on('error', () => {})
    request.end(body)
    // A server that changes to another protocol ends the request with neither an answer nor an error.
    const over = once(request, 'close').then(() => Promise.reject(new Error('it ended the connection without an answer')))
    const [response] = await Promise.race([once(request, 'response') as Promise<[IncomingMessage]>, over])
    return response
  }
}
