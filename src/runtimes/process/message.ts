import { type ErrorCode, errorTable, ServingError } from '../../contracts/error.ts'

/** What the server sends: load once, then calls; `until` is the call's deadline on the clock of `hostMs`. A cancelled call is answered too (refused). */
export type Request =
  | { readonly kind: 'load'; readonly args: Readonly<Record<string, unknown>> }
  | { readonly kind: 'call'; readonly id: number; readonly until: number }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping'; readonly id: number }

/** What a loaded model says about itself; `rssBytes` is the memory of its process once it is ready. */
export type ProcessInfo = Readonly<Record<string, unknown>> & { readonly rssBytes: number }

/** What an inference process sends: one `ready` or `refused` (id 0) for the load, then one `answer` or `refused` for every call and one `pong` for every ping, in their order. */
export type Reply =
  | { readonly kind: 'ready'; readonly info: ProcessInfo }
  | { readonly kind: 'answer'; readonly id: number }
  | { readonly kind: 'pong'; readonly id: number; readonly rssBytes: number }
  | { readonly kind: 'refused'; readonly id: number; readonly code: ErrorCode; readonly message: string }

/** Ms on the machine's monotonic clock, which all processes of one machine share. */
export const hostMs = (): number => Number(process.hrtime.bigint()) / 1e6

type Loose = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Loose => typeof value === 'object' && value !== null && !Array.isArray(value)
const isId = (value: unknown): value is number => Number.isSafeInteger(value)
const isCode = (value: unknown): value is ErrorCode => typeof value === 'string' && Object.hasOwn(errorTable, value)
const isMemory = (value: unknown): value is number => Number.isFinite(value) && (value as number) >= 0
const isInfo = (value: unknown): value is ProcessInfo => isRecord(value) && isMemory(value['rssBytes'])

const strange = (): ServingError => new ServingError('worker_crashed', 'A message between the server and an inference process is of no known kind')

/** A message of an inference process, checked: the process runs foreign code and is not trusted. Throws `worker_crashed`. */
export function parseReply({ kind, id, info, code, message, rssBytes }: Loose): Reply {
  if (kind === 'ready' && isInfo(info)) return { kind, info }
  if (!isId(id)) throw strange()
  if (kind === 'answer') return { kind, id }
  if (kind === 'pong' && isMemory(rssBytes)) return { kind, id, rssBytes }
  if (kind === 'refused' && isCode(code) && typeof message === 'string') return { kind, id, code, message }
  throw strange()
}

/** A message of the server, checked. Throws `worker_crashed`. */
export function parseRequest({ kind, id, until, args }: Loose): Request {
  if (kind === 'call' && isId(id) && typeof until === 'number') return { kind, id, until }
  if ((kind === 'cancel' || kind === 'ping') && isId(id)) return { kind, id }
  if (kind === 'load' && isRecord(args)) return { kind, args }
  throw strange()
}

/** An error as a refusal: what is not a `ServingError` becomes `internal` with its text. */
export function refusal(id: number, error: unknown): Reply {
  if (error instanceof ServingError) return { kind: 'refused', id, code: error.code, message: error.message }
  return { kind: 'refused', id, code: 'internal', message: error instanceof Error ? error.message : String(error) }
}
