import type { ServerResponse } from 'node:http'

/** An answer that is not plain JSON with 200: another status, another media type, more headers (flat list). */
export class TextAnswer {
  readonly text: string
  readonly status: number
  readonly type: string
  readonly headers: readonly string[]
  constructor(text: string, { status = 200, type, headers = [] }: { readonly status?: number; readonly type: string; readonly headers?: readonly string[] }) {
    this.text = text
    this.status = status
    this.type = type
    this.headers = headers
  }
}

/** Headers of every answer of the API: nothing is cached, sniffed, framed or executed. */
export const securityHeaders = [
  'Cache-Control',
  'no-store',
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
] as const
const [cache, noStore, sniff, noSniff, policy, nothing] = securityHeaders

/** Writes a whole answer at once, past the framework's reply pipeline; does nothing, and says so by false, when the client is gone or was answered. */
export function writeAnswer(
  response: ServerResponse,
  requestId: string,
  answer: Omit<TextAnswer, 'headers'> & { readonly headers?: readonly string[] | undefined },
): boolean {
  if (response.headersSent || response.destroyed) return false
  const { text, status, type, headers } = answer
  const bytes = Buffer.byteLength(text)
  const all = ['Content-Type', type, 'Content-Length', String(bytes), 'X-Request-Id', requestId, cache, noStore, sniff, noSniff, policy, nothing]
  if (headers !== undefined) all.push(...headers)
  response.writeHead(status, all)
  // Plain ASCII, as nearly every answer is, goes out without being encoded.
  response.end(text, bytes === text.length ? 'latin1' : 'utf8')
  return true
}
