import { readFile, stat } from 'node:fs/promises'
import { ServingError } from '../../contracts/error.ts'
import { durationMs } from '../../contracts/written-units.ts'
import type { BreakerLimits } from '../../resilience/breaker.ts'
import { requireSame } from '../require-same.ts'
import type { ArtefactSpec } from '../runtime.ts'
import { checkHost, type Endpoint, parseEndpoint } from './endpoint.ts'
import { RemoteServer } from './exchange.ts'
import { checkMetadata } from './metadata.ts'
import { refusalOf } from './refusal-of.ts'
import { RemoteCaller, type RemoteDeps } from './remote-caller.ts'
import { modelPath, RemoteModel } from './remote-model.ts'
import type { RowSizes } from './tensor-json.ts'

/** What the operator decides about remote models: where rows may be sent, and what is sent along as `authorization` to servers whose endpoint asks for it. */
export type RemoteSettings = { readonly remoteHosts: readonly string[]; readonly remoteAuthorization?: string | undefined }

/** A remote model to serve. */
export type RemoteSpec = Pick<ArtefactSpec, 'path' | 'files' | 'inputs' | 'window' | 'outputs' | 'limits'> & {
  readonly settings: RemoteSettings
  readonly breaker?: Partial<BreakerLimits>
}

const patienceMs = 10_000
const metadataBytes = 1 << 20
/** It is read and parsed between answers; its schema allows no text that takes a quarter of this. */
const endpointBytes = 1 << 16
/** A call without `limits.timeout` is expected to be answered in about so long. */
const usualMs = 200

async function readEndpoint({ path, files, settings }: RemoteSpec): Promise<Endpoint> {
  const { size } = await stat(path)
  if (size > endpointBytes) throw new ServingError('model_verification_failed', `The endpoint has ${size} bytes; at most ${endpointBytes} are read`)
  const bytes = await readFile(path)
  requireSame('The endpoint', bytes, files[path])
  const endpoint = parseEndpoint(bytes.toString('utf8'))
  checkHost(endpoint, settings.remoteHosts)
  return endpoint
}

function headersOf({ authorization }: Endpoint, { remoteAuthorization }: RemoteSettings): Readonly<Record<string, string>> {
  if (authorization !== true) return {}
  if (remoteAuthorization === undefined)
    throw new ServingError('model_verification_failed', 'The endpoint asks for an authorization: set models.remoteAuthorization, for example to "Bearer …".')
  return { authorization: remoteAuthorization }
}

/** Asks whether server and model are ready, and what the model is. */
async function checkServer(
  server: RemoteServer,
  { endpoint, sizes }: { readonly endpoint: Endpoint; readonly sizes: RowSizes },
  signal: AbortSignal,
): Promise<void> {
  const model = modelPath(endpoint)
  for (const path of ['/v2/health/ready', `${model}/ready`, model]) {
    const reply = await server.ask({ path, maxBytes: metadataBytes, signal })
    if (reply.kind === 'unreachable' || reply.status !== 200) throw refusalOf(reply, server.host)
    if (path === model) checkMetadata(reply.text, endpoint, sizes)
  }
}

/** The caller's patience, and ours: a server that does not say what it is within 10 s is not there. */
async function withPatience(signal: AbortSignal, host: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const late = AbortSignal.timeout(patienceMs)
  try {
    await work(AbortSignal.any([signal, late]))
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error
    throw new ServingError('model_unavailable', `The remote server ${host} did not say what it serves within ${patienceMs} ms`, { cause: error })
  }
}

/**
 * Connects to a model of another server (Open Inference Protocol v2 over HTTP). Throws `model_verification_failed` and `feature_contract_mismatch` with what to do,
 * `model_unavailable` when the server or the model is not there, `deadline_exceeded` when `signal` aborts.
 */
export async function loadRemote(spec: RemoteSpec, deps: RemoteDeps, signal: AbortSignal): Promise<RemoteModel> {
  const endpoint = await readEndpoint(spec)
  const { inputs: features, window, outputs, limits, settings, breaker } = spec
  const sizes = { features, window, outputs }
  const server = new RemoteServer(endpoint.url, headersOf(endpoint, settings))
  try {
    await withPatience(signal, server.host, (within) => checkServer(server, { endpoint, sizes }, within))
  } catch (error) {
    server.close()
    throw error
  }
  const fairMs = (limits.timeout === undefined ? usualMs : durationMs(limits.timeout)) / 2
  const caller = new RemoteCaller(server, { model: endpoint.model, fairMs, ...(breaker && { breaker }) }, deps)
  return new RemoteModel({ endpoint, sizes, server, caller, log: deps.log })
}
