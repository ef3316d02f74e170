import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { skipOrFail } from '../../../test/support/python.ts'

/** A Redis server of a test: on a free port of the loopback, without files that outlive it. */
export class RedisServer {
  readonly port: number
  readonly #folder: string
  #child: ChildProcess | undefined
  constructor(port: number, folder: string) {
    this.port = port
    this.#folder = folder
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it, again if it was killed; what it held is gone then. */
  async start(): Promise<void> {
    const settings = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.#folder]
    const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#child = child
    let said = ''
    for await (const part of child.stdout.iterator({ destroyOnReturn: false })) {
      said += String(part)
      if (!said.includes('Ready to accept connections')) continue
      child.stdout.resume()
      return
    }
    throw new Error(`redis-server ended: ${said}`)
  }

  /** Ends it as kill -9 does. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Stops it from answering without closing its connections; `SIGCONT` lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

const isInstalled = (): boolean => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A server that is not started yet; undefined where the program is missing. `remove` ends it and removes its folder. */
export async function makeRedis(): Promise<{ readonly server: RedisServer; readonly remove: () => Promise<void> } | undefined> {
  if (!isInstalled()) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'presage-redis-'))
  const server = new RedisServer(await freePort(), folder)
  const remove = async (): Promise<void> => {
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  return { server, remove }
}

/** The same for a test: it ends with it, and where the program is missing the test is skipped by name (in CI it fails). */
export async function redisOrSkip(t: TestContext): Promise<RedisServer | undefined> {
  const made = await makeRedis()
  if (made === undefined) return skipOrFail(t, 'redis-server is not installed (apt-get install redis-server)')
  t.after(made.remove)
  return made.server
}
