import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

// Runs before anything is installed, on any Node: no packages, and no syntax newer than Node 14 until the version is checked.
const root = fileURLToPath(new URL('..', import.meta.url))
const lockPath = `${root}package-lock.json`
const stampPath = `${root}node_modules/.presage-lock.sha256`
const installedLockPath = `${root}node_modules/.package-lock.json`
const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED/

/** @param {string} message */
function stop(message) {
  console.error(message)
  process.exit(1)
}

const major = Number(process.versions.node.split('.')[0])
if (major < 20) stop(`Presage needs Node 20 or newer to install (it brings its own Node 24 to run); this is Node ${process.versions.node}.`)

/** @param {string} path */
const textOf = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

const nodePackage = `node-linux-${process.arch}`
const hasNode24 = () => major >= 24 || process.platform !== 'linux' || existsSync(`${root}node_modules/${nodePackage}/bin/node`)

/** npm 11 puts the packaged Node on the path of scripts; npm 10 unlinks it again when it drops the package for the other processor. */
function linkNode() {
  const link = `${root}node_modules/.bin/node`
  if (existsSync(link) || !existsSync(`${root}node_modules/${nodePackage}/bin/node`)) return
  mkdirSync(`${root}node_modules/.bin`, { recursive: true })
  symlinkSync(`../${nodePackage}/bin/node`, link)
}

/**
 * True if npm's own record of what is installed holds exactly the versions and digests of the lock (packages for other platforms apart).
 * @param {string} lockText
 */
function installedAsLocked(lockText) {
  const installedText = textOf(installedLockPath)
  if (installedText === '') return false
  const locked = JSON.parse(lockText).packages
  const installed = JSON.parse(installedText).packages
  /** @param {string} path */
  const same = (path) => installed[path]?.version === locked[path]?.version && installed[path]?.integrity === locked[path]?.integrity
  const required = Object.keys(locked).filter((path) => path !== '' && !locked[path].optional)
  return required.every(same) && Object.keys(installed).every(same)
}

/** Packages on disk, by folders: what a person sees grow. */
function countInstalled() {
  if (!existsSync(`${root}node_modules`)) return 0
  const names = readdirSync(`${root}node_modules`).filter((name) => !name.startsWith('.'))
  return names.reduce((sum, name) => sum + (name.startsWith('@') ? readdirSync(`${root}node_modules/${name}`).length : 1), 0)
}

/** The npm that started us, or the one on the path. */
function npmCommand() {
  const path = process.env.npm_execpath
  return path !== undefined && basename(path) === 'npm-cli.js' ? [process.execPath, path] : ['npm']
}

/** Shows that it goes on: one line that is rewritten on a terminal, a line now and then in a log. */
function showProgress() {
  const started = Date.now()
  const elapsed = () => `${((Date.now() - started) / 1000).toFixed(0)} s`
  const terminal = process.stdout.isTTY
  const timer = setInterval(
    () => process.stdout.write(`${terminal ? '\r' : ''}  ${countInstalled()} packages on disk, ${elapsed()}${terminal ? '  ' : '\n'}`),
    terminal ? 500 : 5000,
  )
  return (/** @type {string} */ word) => {
    clearInterval(timer)
    process.stdout.write(`${terminal ? '\r' : ''}${word} (${elapsed()}, ${countInstalled()} packages)        \n`)
  }
}

/** @returns {Promise<{ code: number | null, output: string }>} */
function runNpmCi() {
  const [command, ...before] = /** @type {[string, ...string[]]} */ (npmCommand())
  // Install scripts are refused: one of them would download GPU libraries that are not used here.
  const args = [...before, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const keep = (/** @type {Buffer} */ chunk) => (output += chunk.toString())
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, output: `${output}${error.message}` }))
    child.once('close', (code) => resolve({ code, output }))
  })
}

/**
 * What went wrong in words that say what to do; npm's own words where the cause is not a known one.
 * @param {string} output
 */
function explain(output) {
  const cause = /^npm error (?:FetchError: )?(request to .*|.*(?:E[A-Z]{4,}).*)$/m.exec(output)?.[1] ?? ''
  if (offline.test(output))
    return `The package registry cannot be reached (${cause}).\nConnect to the network (or point npm at a mirror that you can reach) and run the same command again.`
  if (/\bENOSPC\b/.test(output)) return 'The disk is full: about 800 MB are needed for the packages.'
  if (/\bE(ACCES|PERM)\b/.test(output)) return `No permission to write ${root}node_modules.`
  if (/spawn npm ENOENT/.test(output)) return 'npm was not found: it comes with Node; is it on the PATH?'
  return `${output.trim()}\n\nnpm could not install the packages of package-lock.json; its own words are above.`
}

async function install() {
  console.log(
    `${existsSync(installedLockPath) ? 'package-lock.json has changed' : 'First start'}: installing the packages that it names (once; about 800 MB with Node 24 and ONNX Runtime).`,
  )
  const done = showProgress()
  const { code, output } = await runNpmCi()
  done(code === 0 ? 'Installed.' : 'Not installed.')
  if (code !== 0) stop(explain(output))
}

const lockText = textOf(lockPath)
const digest = createHash('sha256').update(lockText).digest('hex')
if (textOf(stampPath) !== digest || !hasNode24()) {
  if (!installedAsLocked(lockText) || !hasNode24()) await install()
  linkNode()
  writeFileSync(stampPath, digest)
}
