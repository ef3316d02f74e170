import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { onNode24, root } from './node24.js'

await onNode24()
process.chdir(root)

const tools = `${root}node_modules/.bin`
/** Every check that holds the code to its rules; each is one command that anyone can run alone. */
const checks = [
  { name: 'types', what: 'tsc', command: `${tools}/tsc`, args: ['-p', '.'] },
  { name: 'lint', what: 'oxlint, type-aware', command: `${tools}/oxlint`, args: ['--deny-warnings', '.'] },
  { name: 'format', what: 'oxfmt', command: `${tools}/oxfmt`, args: ['--check', '.'] },
  {
    name: 'architecture',
    what: 'folders and arrows, generated pages',
    command: process.execPath,
    args: ['--test', 'test/architecture.test.ts', 'test/docs.test.ts'],
  },
  { name: 'unused', what: 'knip', command: `${tools}/knip`, args: ['--no-progress'] },
]

// The tools' own launchers ask for `node` on the path: they get this one, not an older one of the machine.
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` }

/** @param {(typeof checks)[number]} check */
function run({ name, what, command, args }) {
  const started = performance.now()
  const { status, stdout, stderr, error } = spawnSync(command, args, { env, encoding: 'utf8', maxBuffer: 64 << 20 })
  const passed = status === 0
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(13)} ${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${what}`)
  if (!passed) console.log(stripVTControlCharacters(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`))
  return passed
}

const only = process.argv.slice(2)
const failed = checks.filter(({ name }) => only.length === 0 || only.includes(name)).filter((check) => !run(check))
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.map(({ name }) => name).join(', ')}`)
process.exit(failed.length === 0 ? 0 : 1)
