import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deadline } from '../../../contracts/ports.ts'
import { systemClock } from '../../../system.ts'
import type { Meter } from '../../../contracts/meter.ts'
import type { OutputLine } from '../../../processes/output-lines.ts'
import { loadRemote, type RemoteSpec } from '../load-remote.ts'
import type { RemoteDeps } from '../remote-caller.ts'

type Tensor = { readonly name: string; readonly datatype: string; readonly shape: readonly number[]; readonly data: readonly (number | null)[] }
/** What the fake was asked: an inference's only input. */
export type Asked = { readonly path: string; readonly headers: IncomingMessage['headers']; readonly input: Tensor | undefined }
/** Answers an inference in its own way. */
export type Mood = (response: ServerResponse, asked: Asked) => void

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))

/** The answer of the fake model: the sum of a row through a sigmoid, as [1 - p, p]. */
export function answerOf({ shape, data }: Tensor): {
  outputs: [{ name: string; datatype: string; shape: number[]; data: (number | null)[] }]
  model_name: string
  model_version?: string
} {
  const [count = 0, ...row] = shape
  const width = row.reduce((product, size) => product * size, 1)
  const pairs = Array.from({ length: count }, (_, i) => {
    const p = sigmoid(data.slice(i * width, (i + 1) * width).reduce<number>((sum, value) => sum + (value ?? 0), 0))
    return [1 - p, p]
  })
  return { model_name: 'momentum', outputs: [{ name: 'p', datatype: 'FP64', shape: [count, 2], data: pairs.flat() }] }
}

/** Sends a value as JSON with a status. */
export const json = (response: ServerResponse, status: number, value: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

/** The mood of a server that does its work. */
export const calm: Mood = (response, { input }) => json(response, 200, answerOf(input as Tensor))

/** What the fake says of its model. */
export const metadata = {
  name: 'momentum',
  platform: 'fake',
  inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, 3] }],
  outputs: [{ name: 'p', datatype: 'FP64', shape: [-1, 2] }],
}

/** A server of the protocol on loopback that answers inferences as its mood says, and everything else as `pages` says. */
export class FakeServer {
  mood: Mood = calm
  pages: Record<string, readonly [status: number, value: unknown]> = {
    '/v2/health/ready': [200, {}],
    '/v2/models/momentum/ready': [200, {}],
    '/v2/models/momentum': [200, metadata],
  }
  readonly asked: Asked[] = []
  connections = 0
  /** Keeps idle connections, so that only the client ends them. */
  readonly #server = createServer({ keepAliveTimeout: 0 }, (request, response) => void this.#answer(request, response)).on(
    'connection',
    () => (this.connections += 1),
  )

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
  }
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }
  get host(): string {
    return `127.0.0.1:${this.port}`
  }
  /** Connections that are open now. */
  open(): Promise<number> {
    return new Promise((resolve) => setImmediate(() => this.#server.getConnections((_, count) => resolve(count))))
  }
  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const path = request.url ?? ''
    const [input] = request.method === 'POST' ? (JSON.parse(Buffer.concat(chunks).toString()) as { inputs: Tensor[] }).inputs : []
    const asked = { path, headers: request.headers, input }
    this.asked.push(asked)
    const page = this.pages[path]
    if (path.endsWith('/infer')) this.mood(response, asked)
    else json(response, ...(page ?? ([404, { error: 'no such page' }] as const)))
  }
}

/** A deadline `ms` from now. */
export const within = (ms: number, signal: AbortSignal = new AbortController().signal): Deadline => ({ at: systemClock.monotonic() + ms, signal })

/** The gauges and counters of a test, by name. */
export function makeMeter(): { readonly meter: Meter; readonly seen: Record<string, number> } {
  const seen: Record<string, number> = {}
  const meter: Meter = {
    counter: (name) => ({ add: (amount = 1) => void (seen[name] = (seen[name] ?? 0) + amount) }),
    gauge: (name) => ({ set: (value) => void (seen[name] = value) }),
    histogram: () => ({ observe() {} }),
  }
  return { meter, seen }
}

/** What differs from an endpoint of the fake's model with three features, FP64 in and out. */
export type Differences = {
  readonly endpoint?: Readonly<Record<string, unknown>>
  readonly spec?: Partial<RemoteSpec>
  readonly deps?: Partial<RemoteDeps>
  readonly signal?: AbortSignal
}

/** Loads a model of a server as a bundle would name it; \`using\` it disposes it. */
export async function loadFrom(server: Pick<FakeServer, 'host'>, { endpoint, spec, deps, signal }: Differences = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'presage-remote-'))
  const path = join(folder, 'endpoint.json')
  const text = JSON.stringify({
    url: `http://${server.host}`,
    model: 'momentum',
    input: { name: 'x', datatype: 'FP64' },
    output: { name: 'p', datatype: 'FP64' },
    ...endpoint,
  })
  writeFileSync(path, text)
  const files = { [path]: createHash('sha256').update(text).digest('hex') }
  const { meter, seen } = makeMeter()
  const lines: OutputLine[] = []
  try {
    const model = await loadRemote(
      { path, files, inputs: 3, window: 1, outputs: 2, limits: {}, settings: { remoteHosts: [server.host] }, ...spec },
      { clock: systemClock, random: () => 0, meter, log: (line) => lines.push(line), ...deps },
      signal ?? new AbortController().signal,
    )
    return { model, seen, lines, [Symbol.asyncDispose]: () => model.dispose() }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
