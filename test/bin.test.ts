import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { loadedPackages } from './support/loaded-packages.ts'
import { pathOf, textOf } from './support/pages.ts'

/** Runs `presage` as a person does, with no settings of this machine. */
function presage(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [pathOf('bin/presage.js'), ...words], { encoding: 'utf8', cwd: tmpdir(), env })
  return { status, stdout, stderr }
}

test('presage tells its version and its commands', () => {
  assert.equal(presage(['--version']).stdout.trim(), (JSON.parse(textOf('package.json')) as { version: string }).version)
  const { status, stdout } = presage(['--help'])
  assert.equal(status, 0)
  for (const name of ['serve', 'config', 'features', 'ingest']) assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'))
  assert.match(stdout, /Examples:/)
})

test('what Node makes of the TypeScript files is kept for the next start', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'presage-compiled-'))
  t.after(() => rmSync(folder, { recursive: true }))
  presage(['--version'], { NODE_COMPILE_CACHE: folder })
  assert.ok(readdirSync(folder, { recursive: true }).length > 3)
})

test('a start loads what models need first, then the gateway while they come, and nothing that waits for a setting or another process', () => {
  const [first, gateway] = [loadedPackages('src/compose.ts'), loadedPackages('src/gateway/server.ts')]
  assert.deepEqual([first.includes('kysely'), first.includes('fastify'), gateway.includes('fastify')], [true, false, true])
  const loaded = [...first, ...gateway]
  for (const name of ['@redis/client', '@duckdb/node-api', '@fastify/swagger-ui', 'ccxt', 'onnxruntime-node', 'ajv']) assert.ok(!loaded.includes(name), name)
})

test('every command of the help has a help of its own', () => {
  const names = [...presage(['--help']).stdout.matchAll(/^ {2}([a-z]+)(?: \[options\])? {2,}/gm)]
    .map(([, name]) => name as string)
    .filter((name) => name !== 'help')
  assert.ok(names.length >= 4)
  for (const name of names) assert.match(presage([name, '--help']).stdout, new RegExp(`^Usage: presage ${name}`), name)
})

test('every command with parts of its own shows how it is used', () => {
  const names = [...presage(['--help']).stdout.matchAll(/^ {2}([a-z]+)(?: \[options\])? {2,}/gm)].map(([, name]) => name as string)
  const helps = names.map((name) => presage([name, '--help']).stdout).filter((help) => /^Commands:/m.test(help))
  assert.ok(helps.length >= 7)
  for (const help of helps) assert.match(help, /^Examples:\n {2}presage /m, help.split('\n', 1)[0])
})

test('ingest as the help and the README write it lacks no option', () => {
  const written = [...presage(['--help']).stdout.matchAll(/^ {2}presage (ingest .*)$/gm), ...textOf('README.md').matchAll(/presage\.js (ingest [^`]*)`/g)]
  assert.equal(written.length, 2)
  for (const [, words = ''] of written) assert.doesNotMatch(presage(words.split(' ')).stderr, /required option/, words)
})

test('what a command does not understand leads to the help of that command', () => {
  assert.match(presage(['features', 'export']).stderr, /required option '--symbols <symbols>' not specified\n\(presage features export --help says more\)/)
  assert.match(presage(['--wrong']).stderr, /\(presage --help says more\)/)
})

test('a misspelt command names the nearest one and fails', () => {
  const { status, stderr } = presage(['confg'])
  assert.equal(status, 1)
  assert.match(stderr, /unknown command 'confg'\n\(Did you mean config\?\)/)
})

test('config print says where each setting comes from and hides secrets', () => {
  const { status, stdout } = presage(['config', 'print', '--set', 'log.level=warn'], {
    PRESAGE_GATEWAY_PORT: '81',
    PRESAGE_ACCESS_ADMIN_KEY: 'a-very-secret-key',
  })
  assert.equal(status, 0)
  assert.match(stdout, /^ {2}port: 81 {2}# PRESAGE_GATEWAY_PORT$/m)
  assert.match(stdout, /^ {2}level: warn {2}# command line, log.level$/m)
  assert.match(stdout, /^ {2}host: 127\.0\.0\.1$/m)
  assert.match(stdout, /adminKey: \(hidden\)/)
  assert.doesNotMatch(stdout, /a-very-secret/)
  const { config } = JSON.parse(presage(['config', 'print', '--json'], { PRESAGE_GATEWAY_PORT: '81' }).stdout) as { config: { gateway: { port: number } } }
  assert.equal(config.gateway.port, 81)
})

test('config check is silent about nothing: exit code 1 and a line for each problem', () => {
  assert.deepEqual(presage(['config', 'check']), { status: 0, stdout: 'The configuration is sound.\n', stderr: '' })
  const { status, stdout, stderr } = presage(['config', 'check', '--set', 'gateway.port=x'], { PRESAGE_LOG_LEVLE: 'info' })
  assert.equal(status, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /^The configuration has 2 problems:\n {2}PRESAGE_LOG_LEVLE: .*PRESAGE_LOG_LEVEL.*\n {2}command line, gateway\.port: .*\n$/)
})

const waiting = `process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); process.stdout.write('up')`
const launcher = (script: string): string =>
  `import { foreground } from ${JSON.stringify(pathOf('bin/node24.js'))}; process.exit(await foreground(process.execPath, ['-e', ${JSON.stringify(script)}]))`

test('the launcher passes signals on and ends with the exit code of what it started', async () => {
  const outer = spawn(process.execPath, ['--input-type=module', '-e', launcher(waiting)], { stdio: ['ignore', 'pipe', 'inherit'] })
  outer.stdout.once('data', () => outer.kill('SIGTERM'))
  const code = await new Promise((resolve) => outer.once('close', resolve))
  assert.equal(code, 7)
})

test('what was started again under Node 24 ends in its order when the launcher is killed', async () => {
  const node24 = JSON.stringify(pathOf('bin/node24.js'))
  const script = `import { onNode24 } from ${node24}
    await onNode24()
    process.on('SIGTERM', () => { process.stdout.write(' ended by SIGTERM'); process.exit() })
    setInterval(() => {}, 1000)
    process.stdout.write(String(process.env.NODE24_STARTED_BY))`
  const starting = `import { foreground } from ${node24}
    await foreground(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(script)}], { env: { ...process.env, NODE24_STARTED_BY: String(process.pid) } })`
  const outer = spawn(process.execPath, ['--input-type=module', '-e', starting], { stdio: ['ignore', 'pipe', 'inherit'] })
  outer.stdout.once('data', () => outer.kill('SIGKILL'))
  let said = ''
  for await (const chunk of outer.stdout.setEncoding('utf8')) said += chunk
  assert.equal(said, 'undefined ended by SIGTERM')
})

test('a program that a signal ended is told as a shell tells it', () => {
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', launcher(`process.kill(process.pid, 'SIGKILL')`)])
  assert.equal(status, 137)
})

const fakeNpm = `
const { mkdirSync, writeFileSync, appendFileSync, readFileSync } = require('node:fs')
appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n')
if (process.env.FAIL) { console.error(process.env.FAIL); process.exit(1) }
mkdirSync('node_modules', { recursive: true })
writeFileSync('node_modules/.package-lock.json', readFileSync('package-lock.json'))
`

function makeCheckout(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'presage-setup-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'bin'))
  cpSync(pathOf('bin/setup.js'), join(folder, 'bin/setup.js'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'calls'), '')
  mkdirSync(join(folder, 'npm'))
  writeFileSync(join(folder, 'npm/package.json'), '{"type":"commonjs"}')
  writeFileSync(join(folder, 'npm/npm-cli.js'), fakeNpm)
  const lock = (version: string): void => writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { 'node_modules/a': { version } } }))
  const setup = (env: Readonly<Record<string, string>> = {}) =>
    spawnSync(process.execPath, ['bin/setup.js'], { cwd: folder, encoding: 'utf8', env: { ...env, npm_execpath: join(folder, 'npm/npm-cli.js') } })
  return { lock, setup, calls: (): string[] => readFileSync(join(folder, 'calls'), 'utf8').split('\n').slice(0, -1) }
}

test('set-up installs once, without install scripts, and again only when the lock changes', (t) => {
  const { lock, setup, calls } = makeCheckout(t)
  lock('1.0.0')
  assert.match(setup().stdout, /First start: installing[\s\S]*Installed\./)
  assert.match(calls().join(), /^ci --ignore-scripts /)
  assert.deepEqual([setup().stdout, calls().length], ['', 1])
  lock('2.0.0')
  assert.match(setup().stdout, /package-lock\.json has changed/)
  assert.equal(calls().length, 2)
})

test('set-up that fails says why, fails, and is tried again the next time', (t) => {
  const { lock, setup, calls } = makeCheckout(t)
  lock('1.0.0')
  const { status, stderr } = setup({ FAIL: 'npm error code ENOTFOUND' })
  assert.equal(status, 1)
  assert.match(stderr, /registry cannot be reached/)
  assert.match(setup({ FAIL: 'npm error something else' }).stderr, /something else[\s\S]*its own words are above/)
  assert.equal(setup().status, 0)
  assert.equal(calls().length, 3)
})
