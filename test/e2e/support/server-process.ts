import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { pathOf } from '../../support/pages.ts'
import { Client } from './client.ts'

type Child = ChildProcessByStdio<null, Readable, null>
type Settings = Readonly<Record<string, string>>

/** A server in a process of its own, a client with its admin key, how to end it as kill -9 does, and as a supervisor does: `ended` is its exit code then. */
export type ServerProcess = { readonly client: Client; readonly kill: () => Promise<void>; readonly terminate: () => void; readonly ended: Promise<unknown> }

/** A folder, and how to start a server whose data lies in it. */
export type ServerFolder = { readonly folder: string; readonly start: (settings: Settings) => Promise<ServerProcess> }

async function killed(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** The address that a server says once it answers. */
async function saidBy(child: Child): Promise<string> {
  let said = ''
  for await (const part of child.stdout.iterator({ destroyOnReturn: false })) {
    said += stripVTControlCharacters(String(part))
    const url = /answers on (http\S+) /.exec(said)?.[1]
    if (url === undefined || !said.includes('Ctrl-C')) continue
    child.stdout.resume()
    return url
  }
  throw new Error(`the server ended: ${said}`)
}

/** A folder that `presage serve` is started in, more than once if wished. Every server ends with the test at the latest, and the folder goes after the last of them: what one still writes would keep it. */
export function serverFolder(t: TestContext): ServerFolder {
  const folder = mkdtempSync(join(tmpdir(), 'presage-server-'))
  const data = join(folder, 'var')
  const children: Child[] = []
  t.after(async () => {
    await Promise.all(children.map(killed))
    rmSync(folder, { recursive: true })
  })
  const start = async (settings: Settings): Promise<ServerProcess> => {
    const words = Object.entries({ 'gateway.port': '0', 'log.level': 'silent', 'data.dir': data, ...settings }).map(([name, value]) => `--set=${name}=${value}`)
    const child = spawn(process.execPath, [pathOf('bin/presage.js'), 'serve', ...words], { stdio: ['ignore', 'pipe', 'inherit'], cwd: folder })
    children.push(child)
    const ended = once(child, 'exit').then(([code]: readonly unknown[]) => code)
    const url = await saidBy(child)
    const client = new Client(url, readFileSync(join(data, 'admin.key'), 'utf8').trim())
    return { client, kill: () => killed(child), terminate: () => void child.kill('SIGTERM'), ended }
  }
  return { folder, start }
}
