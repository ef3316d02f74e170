import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { ServingError } from '../contracts/error.ts'
import { withPlace } from './placed-option.ts'

/** Where a running server is, and the key to show it. */
export type ServerOptions = { readonly url: string; readonly key?: string; readonly keyFile: string }

/** Adds `--key` and `--key-file`, for a key with a scope. */
export const withKeyOptions = (command: Command, scope: string): Command =>
  withPlace(command.option('--key <key>', `API key with the scope ${scope}`), 'keyFile', 'where the key is if --key is not said')

async function keyOf({ key, keyFile }: ServerOptions): Promise<string> {
  if (key !== undefined) return key
  try {
    return (await readFile(keyFile, 'utf8')).trim()
  } catch (error) {
    throw new ServingError('auth_missing', `No key: ${keyFile} cannot be read. Start the server once in this folder, or say --key`, { cause: error })
  }
}

/** Throws `validation_failed` for what is no address of a server; one without a scheme parses as a scheme. */
function parsedUrl(text: string): URL {
  const url = URL.parse(text)
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  const meant = text.includes('://') ? null : URL.parse(`http://${text}`)
  throw new ServingError('validation_failed', `${text} is no URL of a server: say ${meant?.origin ?? 'one such as http://127.0.0.1:8080'}`)
}

/** The server's own words about a refusal, if the body has them. */
function refusal(status: number, body: string): string {
  try {
    const { code, detail, title } = JSON.parse(body) as { code?: string; detail?: string; title?: string }
    return `${status} ${code ?? ''} ${detail ?? title ?? ''}`.trim()
  } catch {
    return `${status} ${body.slice(0, 200)}`
  }
}

/** `text` is the body, `refusal` says in the server's words why it is no answer. */
type Answer = { readonly response: Response; readonly text: string; readonly refusal: ServingError | undefined }

/** A server that runs, for commands that ask it. */
export class RunningServer {
  readonly #url: URL
  readonly #key: string
  private constructor(url: URL, key: string) {
    this.#url = url
    this.#key = key
  }

  /** Reads the key; throws `auth_missing` if there is none, and `validation_failed` for a URL that is not http or https. */
  static async at(options: ServerOptions): Promise<RunningServer> {
    return new RunningServer(parsedUrl(options.url), await keyOf(options))
  }

  /** Sends a request, with a body as POST; throws `request_timeout` if nothing answers. */
  async send(path: string, body?: string): Promise<Answer> {
    const url = new URL(path, this.#url)
    const method = body === undefined ? 'GET' : 'POST'
    const headers = { authorization: `Bearer ${this.#key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) }).catch((error: unknown) => {
      throw new ServingError('request_timeout', `${url.origin} does not answer: is the server running?`, { cause: error })
    })
    const text = await response.text()
    const refused = response.ok ? undefined : new ServingError('validation_failed', `${method} ${url.pathname} was refused: ${refusal(response.status, text)}`)
    return { response, text, refusal: refused }
  }

  /** The body of a GET; throws `validation_failed` with the server's words if it is refused. */
  async get<Body>(path: string): Promise<Body> {
    const { text, refusal: refused } = await this.send(path)
    if (refused) throw refused
    return JSON.parse(text) as Body
  }
}
