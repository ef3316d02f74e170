import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from './free-ports.ts'
import { pathOf } from './pages.ts'
import { fileOrSkip } from './python.ts'

const environment = 'var/mlserver'
const howTo = `python3 -m venv ${environment} && ${environment}/bin/pip install -r python/requirements-mlserver.txt`
const patienceMs = 120_000

/** Path of the Python of MLServer's environment (`var/mlserver`, python/requirements-mlserver.txt); without it the test is skipped by name (in CI it fails), and the answer is undefined. */
export const mlserverPythonOrSkip = (t: TestContext): string | undefined => fileOrSkip(t, pathOf(`${environment}/bin/python`), howTo)

async function untilReady(host: string, child: ChildProcess, said: () => string): Promise<void> {
  for (const end = performance.now() + patienceMs; performance.now() < end; await delay(200)) {
    if (child.exitCode !== null) throw new Error(`MLServer ended: ${said()}`)
    if (
      await fetch(`http://${host}/v2/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
  }
  throw new Error(`MLServer is not ready after ${patienceMs} ms: ${said()}`)
}

/** A real MLServer on loopback with the models that a Python program writes into the folder that it is given; it ends with the test. What the program prints comes along. */
export async function startMlserver(
  t: TestContext,
  python: string,
  program: string,
): Promise<{ readonly host: string; readonly printed: string; readonly child: ChildProcess }> {
  const folder = mkdtempSync(join(tmpdir(), 'presage-mlserver-'))
  const made = spawnSync(python, ['-c', program, folder], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(made.stderr)
  const [http, grpc, metrics] = await freePorts(3)
  // Without parallel workers it is one process, which ends when it is told to.
  const settings = { host: '127.0.0.1', http_port: http, grpc_port: grpc, metrics_port: metrics, parallel_workers: 0, debug: false }
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings))
  const child = spawn(python, ['-m', 'mlserver.cli.main', 'start', folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-10_000)))
  t.after(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
    rmSync(folder, { recursive: true })
  })
  const host = `127.0.0.1:${http}`
  await untilReady(host, child, () => said)
  return { host, printed: made.stdout, child }
}
