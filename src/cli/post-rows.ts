import { setTimeout as wait } from 'node:timers/promises'
import { ServingError } from '../contracts/error.ts'
import type { RunningServer } from './running-server.ts'

const attempts = 6
const firstPauseMs = 250

/** Splits a stream into arrays of a size. */
export async function* inChunks<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let chunk: Item[] = []
  for await (const item of items) {
    chunk.push(item)
    if (chunk.length < size) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

/** Posts one body; waits and tries again while the server is overloaded or starting. Throws the server's refusal. */
export async function post<Answer>(server: RunningServer, path: string, body: string): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const { response, text, refusal } = await server.send(path, body)
    if (refusal === undefined) return JSON.parse(text) as Answer
    if (![429, 503].includes(response.status) || attempt === attempts) throw refusal
    await wait(Number(response.headers.get('retry-after') ?? 0) * 1_000 || firstPauseMs * 2 ** attempt)
  }
}

/** Throws `validation_failed` for a file of which a server took nothing: whoever sent it has not what was meant. */
export function requireTaken(file: string, { taken, refused, what }: { readonly taken: number; readonly refused: number; readonly what: string }): void {
  if (taken > 0) return
  throw new ServingError('validation_failed', refused === 0 ? `${file} has no ${what}` : `${file}: none of its ${refused} ${what} was taken`)
}
