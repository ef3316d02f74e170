import { connect, type Socket } from 'node:net'

/** One request as bytes, sent over and over to a server on loopback. */
export type LoadTarget = { readonly port: number; readonly path: string; readonly body: string; readonly headers: Readonly<Record<string, string>> }
/** Answers seen in one run: latencies in ms, in the order in which they came, and how many were no 200. */
export type LoadResult = { readonly latenciesMs: Float64Array; readonly seconds: number; readonly errors: number }

const headerEnd = Buffer.from('\r\n\r\n')

function requestBytes({ port, path, body, headers }: LoadTarget): Buffer {
  const lines = Object.entries({ 'content-type': 'application/json', ...headers }).map(([name, value]) => `${name}: ${value}`)
  return Buffer.from(`POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** A keep-alive connection with one request in flight: raw sockets, because a full HTTP client would cost more than the server it measures. */
class Connection {
  readonly #socket: Socket
  readonly #request: Buffer
  #pending: Buffer = Buffer.alloc(0)
  onAnswer: (ok: boolean) => void = () => {}
  constructor(socket: Socket, request: Buffer) {
    this.#socket = socket
    this.#request = request
    socket.setNoDelay(true).on('data', (chunk) => this.#read(chunk))
  }
  static async open(target: LoadTarget): Promise<Connection> {
    const socket = connect(target.port, '127.0.0.1')
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new Connection(socket, requestBytes(target))
  }
  send(): void {
    this.#socket.write(this.#request)
  }
  close(): void {
    this.#socket.destroy()
  }
  #read(chunk: Buffer): void {
    const all = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    const end = all.indexOf(headerEnd)
    const length = end < 0 ? undefined : /content-length: (\d+)/i.exec(all.toString('latin1', 0, end))?.[1]
    if (length === undefined || all.length < end + 4 + Number(length)) {
      this.#pending = all
      return
    }
    this.#pending = all.subarray(end + 4 + Number(length))
    this.onAnswer(all.toString('latin1', 9, 12) === '200')
  }
}

class Tally {
  readonly #latencies: number[] = []
  #errors = 0
  add(ms: number, ok: boolean): void {
    this.#latencies.push(ms)
    if (!ok) this.#errors += 1
  }
  result(seconds: number): LoadResult {
    return { latenciesMs: Float64Array.from(this.#latencies), seconds, errors: this.#errors }
  }
}

/** Closed loop: each connection sends its next request when the last one is answered; for `seconds`. */
export async function closedLoop(target: LoadTarget, connections: number, seconds: number): Promise<LoadResult> {
  const tally = new Tally()
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(target)))
  const start = performance.now()
  const stopAt = start + seconds * 1_000
  // Never asleep: waking a sleeping process costs the one that writes to it 20 µs here, and only the slower server would find its client asleep.
  const stayAwake = (): void => void (performance.now() < stopAt && setImmediate(stayAwake))
  stayAwake()
  await Promise.all(
    open.map(
      (connection) =>
        new Promise<void>((done) => {
          let sent = performance.now()
          connection.onAnswer = (ok) => {
            const now = performance.now()
            tally.add(now - sent, ok)
            if (now >= stopAt) return done()
            sent = now
            connection.send()
          }
          connection.send()
        }),
    ),
  )
  for (const connection of open) connection.close()
  return tally.result((performance.now() - start) / 1_000)
}

/** Open loop: `rate` requests a second whether or not answers come; latency counts from the moment a request was due, so a stall is not hidden. */
export async function openLoop(target: LoadTarget, rate: number, seconds: number): Promise<LoadResult> {
  const tally = new Tally()
  const idle = await Promise.all(Array.from({ length: 64 }, () => Connection.open(target)))
  const all = [...idle]
  const due: number[] = []
  const total = Math.round(rate * seconds)
  const start = performance.now() + 50
  await new Promise<void>((finish) => {
    let planned = 0
    const dispatch = (): void => {
      while (due.length > 0 && idle.length > 0) {
        const connection = idle.pop() as Connection
        const dueAt = due.shift() as number
        connection.onAnswer = (ok) => {
          tally.add(performance.now() - dueAt, ok)
          idle.push(connection)
          dispatch()
          if (idle.length === all.length && planned === total && due.length === 0) finish()
        }
        connection.send()
      }
    }
    // setImmediate and not a timer: timers wake 1 ms late, which would be most of the latency that is to be measured.
    const tick = (): void => {
      const now = performance.now()
      for (; planned < total && start + (planned * 1_000) / rate <= now; planned += 1) due.push(start + (planned * 1_000) / rate)
      dispatch()
      if (planned < total) setImmediate(tick)
    }
    tick()
  })
  for (const connection of all) connection.close()
  return tally.result(seconds)
}
