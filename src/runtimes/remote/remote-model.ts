import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Deadline } from '../../contracts/ports.ts'
import type { OutputLine } from '../../processes/output-lines.ts'
import { requireRows } from '../require-rows.ts'
import { withComplement } from '../with-complement.ts'
import type { Endpoint } from './endpoint.ts'
import type { RemoteServer, Reply } from './exchange.ts'
import { refusalOf } from './refusal-of.ts'
import type { RemoteCaller } from './remote-caller.ts'
import { answerValues, requestBody, type RowSizes } from './tensor-json.ts'

/** What a remote model is made of. */
export type RemoteParts = {
  readonly endpoint: Endpoint
  readonly sizes: RowSizes
  readonly server: RemoteServer
  readonly caller: RemoteCaller
  readonly log: (line: OutputLine) => void
}

/** Any number of JSON, with its comma, is far shorter. */
const bytesPerValue = 64
const bytesAround = 65_536
const longestWords = 500

/** The path of a model in the protocol, below the server's URL. */
export const modelPath = ({ model, version }: Endpoint): string =>
  `/v2/models/${encodeURIComponent(model)}${version === undefined ? '' : `/versions/${encodeURIComponent(version)}`}`

/** A model that another server computes. It answers as the version that was proven, or not at all. */
export class RemoteModel implements LoadedModel {
  readonly inputs: number
  readonly outputs: number
  /** What the model occupies is the other server's. */
  readonly memoryBytes = 0
  readonly #parts: RemoteParts
  #version: string | undefined
  #lastWords = ''

  constructor(parts: RemoteParts) {
    const { endpoint, sizes } = parts
    this.#parts = parts
    this.#version = endpoint.version
    this.inputs = sizes.features * sizes.window
    this.outputs = sizes.outputs
  }

  get engine(): string {
    const { endpoint, server, caller } = this.#parts
    const state = caller.circuit === 'closed' ? '' : `, circuit ${caller.circuit}`
    return `${endpoint.model}${this.#version === undefined ? '' : ` ${this.#version}`} at ${server.host} (Open Inference Protocol${state})`
  }

  async predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array> {
    requireRows(rows, count, this)
    if (count === 0) return new Float64Array(0)
    const { endpoint, caller } = this.#parts
    const body = requestBody(rows, count, this.#parts)
    const maxBytes = bytesAround + bytesPerValue * count * this.outputs
    const reply = await caller.call({ path: `${modelPath(endpoint)}/infer`, body, maxBytes }, deadline)
    const { values, columns, version } = answerValues(this.#textOf(reply), count, this.#parts)
    this.#checkVersion(version)
    return columns < this.outputs ? withComplement(values) : values
  }

  async dispose(): Promise<void> {
    this.#parts.caller.close()
  }

  #textOf(reply: Reply): string {
    if (reply.kind === 'answered' && reply.status === 200) return reply.text
    if (reply.kind === 'answered') this.#note(`HTTP ${reply.status} ${JSON.stringify(reply.text.slice(0, longestWords))}`)
    throw refusalOf(reply, this.#parts.server.host)
  }

  /** A server that fails alike on every call says so once. */
  #note(words: string): void {
    if (words === this.#lastWords) return
    this.#lastWords = words
    this.#parts.log({ stream: 'stderr', line: `The remote server ${this.#parts.server.host} said: ${words}` })
  }

  #checkVersion(version: string | undefined): void {
    if (version === undefined) return
    this.#version ??= version
    if (version === this.#version) return
    throw new ServingError(
      'model_unavailable',
      `The remote server ${this.#parts.server.host} answers as version ${JSON.stringify(version.slice(0, 100))} of ${this.#parts.endpoint.model}; ${this.#version} is what was proven. Publish a bundle for the new version.`,
    )
  }
}
