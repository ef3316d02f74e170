/** An answer as a client sees it: status, headers and the parsed body (text when it is not JSON). */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies field by field
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: any }

/** A client of one server with one key. */
export class Client {
  readonly #url: string
  readonly #key: string | undefined
  constructor(url: string, key: string | undefined) {
    this.#url = url
    this.#key = key
  }
  get(path: string): Promise<Answer> {
    return this.#send('GET', path, undefined)
  }
  post(path: string, body: unknown = {}): Promise<Answer> {
    return this.#send('POST', path, body)
  }
  put(path: string, body: unknown): Promise<Answer> {
    return this.#send('PUT', path, body)
  }
  delete(path: string, body?: unknown): Promise<Answer> {
    return this.#send('DELETE', path, body)
  }
  async #send(method: string, path: string, body: unknown): Promise<Answer> {
    const headers: Record<string, string> = this.#key === undefined ? {} : { 'x-api-key': this.#key }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const response = await fetch(this.#url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
}
