/** One line with its number, from 1; without its bytes when it is longer than 64 KiB. */
export type Line = { readonly line: number; readonly bytes: Buffer | undefined }

const longestLine = 65_536
const newline = 10
const nothing = Buffer.alloc(0)

const unlessLong = (bytes: Buffer): Buffer | undefined => (bytes.length > longestLine ? undefined : bytes)

/** Lines of a stream of bytes, those of a chunk at once; it keeps no more than a chunk and a line. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly Line[]> {
  let rest: Buffer | undefined = nothing
  let line = 0
  for await (const chunk of chunks) {
    const lines: Line[] = []
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      line += 1
      lines.push({ line, bytes: rest && unlessLong(Buffer.concat([rest, chunk.subarray(from, end)])) })
      rest = nothing
      from = end + 1
    }
    rest = rest && unlessLong(Buffer.concat([rest, chunk.subarray(from)]))
    yield lines
  }
  if (rest?.length !== 0) yield [{ line: line + 1, bytes: rest }]
}
