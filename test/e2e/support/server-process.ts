import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { pathOf } from '../../support/pages.ts'
import { Client } from './client.ts'

/** A server in a process of its own, a client with its admin key, and how to end it as kill -9 does. */
export type ServerProcess = { readonly client: Client; readonly kill: () => Promise<void> }

/** Starts `presage serve` with settings, `data.dir` among them; it ends with the test at the latest. */
export async function startProcess(t: TestContext, settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const words = Object.entries({ 'gateway.port': '0', 'log.level': 'silent', ...settings }).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  const child = spawn(process.execPath, [pathOf('bin/presage.js'), 'serve', ...words], { stdio: ['ignore', 'pipe', 'inherit'], cwd: settings['data.dir'] })
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  t.after(kill)
  let said = ''
  for await (const part of child.stdout.iterator({ destroyOnReturn: false })) {
    said += stripVTControlCharacters(String(part))
    const url = /answers on (http\S+) /.exec(said)?.[1]
    if (url === undefined || !said.includes('Ctrl-C')) continue
    child.stdout.resume()
    return { client: new Client(url, readFileSync(join(settings['data.dir'] as string, 'admin.key'), 'utf8').trim()), kill }
  }
  throw new Error(`the server ended: ${said}`)
}
