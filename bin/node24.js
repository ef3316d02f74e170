import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Absolute path of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** True if this process runs a Node that executes TypeScript as it is. */
export const isNode24 = () => Number(process.versions.node.split('.')[0]) >= 24

/** Path of a Node >= 24: this one, or the one among the installed packages; undefined if there is none. */
export function node24() {
  if (isNode24()) return process.execPath
  const installed = `${root}node_modules/node-linux-${process.arch}/bin/node`
  return existsSync(installed) ? installed : undefined
}

/** Path of a Node >= 24; ends the process with a line that says what to do if there is none. */
export function requireNode24() {
  const path = node24()
  if (path !== undefined) return path
  console.error(
    existsSync(`${root}node_modules`)
      ? `Presage runs on Node 24 or newer; this is ${process.versions.node} on ${process.platform}-${process.arch}, for which no Node comes with the packages. Install Node 24 and try again.`
      : 'The packages are not installed yet: `npm start` installs them and starts the server; `node bin/setup.js` only installs them.',
  )
  process.exit(1)
}

/**
 * Keeps what Node makes of the TypeScript files, beside the packages, for the next start and for every thread and process that inherits the environment: stripping types of hundreds of files
 * is most of a start. Where the folder cannot be written to, nothing is kept.
 */
export function keepCompiled() {
  process.env['NODE_COMPILE_CACHE'] ??= `${root}node_modules/.cache/presage`
  module.enableCompileCache(process.env['NODE_COMPILE_CACHE'])
}

/**
 * Runs a program in the foreground: same terminal, signals passed on; resolves to its exit code (128 + number for a signal, as a shell says it). Where there is a
 * `hear`, what it writes is given to that instead.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, hear?: (bytes: Buffer) => void }} [given]
 * @returns {Promise<number>}
 */
export function foreground(command, args, { env = process.env, hear } = {}) {
  const out = hear === undefined ? 'inherit' : 'pipe'
  const child = spawn(command, args, { stdio: ['inherit', out, out], cwd: process.cwd(), env })
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => hear?.(bytes))
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'])
  // A terminal sends Ctrl-C to both processes by itself: passing it on would make it two.
  const passOn = (/** @type {NodeJS.Signals} */ signal) => void (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal))
  for (const signal of signals) process.on(signal, passOn)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      for (const each of signals) process.off(each, passOn)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

/** The variable with the id of the process that started the script again: no setting, and gone once it is read. */
const starter = 'NODE24_STARTED_BY'
const lookMs = 1_000

/** Ends this process as SIGTERM does, once what started it again is gone: killed, that can pass no signals on. Whoever waits for it would believe that nothing runs. */
function endWithStarter() {
  const pid = process.env[starter]
  delete process.env[starter]
  if (pid === undefined) return
  const look = setInterval(() => {
    if (process.ppid === Number(pid)) return
    clearInterval(look)
    process.kill(process.pid, 'SIGTERM')
  }, lookMs)
  look.unref()
}

/** Starts the running script again under Node 24 if it runs on an older one; returns only on Node 24. */
export async function onNode24() {
  if (isNode24()) return endWithStarter()
  process.exit(await foreground(requireNode24(), process.argv.slice(1), { env: { ...process.env, [starter]: String(process.pid) } }))
}
