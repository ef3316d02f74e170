import fs from 'node:fs'
import { availableParallelism } from 'node:os'
import { foreground, onNode24, root } from './node24.js'

/** Characters of a failed file's words: several failed tests with their tracebacks. */
const LAST_WORDS = 6000

await onNode24()
process.chdir(root)

// Options go to Node's test runner (--test-name-pattern=…); other words choose files by a part of their path.
const options = process.argv.slice(2).filter((word) => word.startsWith('-'))
const filters = process.argv.slice(2).filter((word) => !word.startsWith('-'))
/** @param {string[]} files */
const chosen = (files) => files.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter.replace(/^\.\//, '')))).sort()

const pythonFiles = chosen(fs.globSync('python/**/test_*.py'))
const files = chosen(fs.globSync(['src/**/*.test.ts', 'test/**/*.test.ts']))

/** What the Python files that failed said, to be said again at the end: of a long log often only the end is kept. @type {string[]} */
const failures = []

/** Python tests first, so that the last words are the summary of Node's runner; without the environment they are skipped by name, in CI that fails. */
async function runPython() {
  if (pythonFiles.length === 0) return 0
  if (!fs.existsSync('.venv/bin/python')) {
    const why = `${pythonFiles.length} Python test files: no .venv (python3 -m venv .venv && .venv/bin/pip install -r python/requirements-ci.txt)`
    console.log(`${process.env.CI ? 'FAILED' : 'skipped'}: ${why}`)
    failures.push(why)
    return process.env.CI ? 1 : 0
  }
  const env = { ...process.env, PYTHONPATH: `${root}python:${root}python/tests` }
  // A process for each file: PyTorch and TensorFlow in one end it. As many at a time as there are processors, since most compute on one.
  const waiting = [...pythonFiles]
  let code = 0
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) code = (await runPythonFile(file, env)) || code
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return code
}

/**
 * The exit code of a file of Python tests, whose words are said in one piece when it has ended.
 * @param {string} file
 * @param {NodeJS.ProcessEnv} env
 */
async function runPythonFile(file, env) {
  /** @type {Buffer[]} */
  const said = []
  const code = await foreground('.venv/bin/python', ['-m', 'unittest', file], { env, hear: (bytes) => said.push(bytes) })
  const words = Buffer.concat(said).toString()
  process.stderr.write(`${file}\n${words}`)
  if (code !== 0) failures.push(`${file} ended with ${code}:\n${words.slice(-LAST_WORDS)}`)
  return code
}

if (files.length + pythonFiles.length === 0) {
  console.error(`No test file has "${filters.join('" or "')}" in its path.`)
  process.exit(1)
}
const pythonCode = await runPython()
const limits = [`--test-concurrency=${availableParallelism()}`, '--test-timeout=300000']
const nodeCode = files.length === 0 ? 0 : await foreground(process.execPath, ['--test', ...limits, ...options, ...files])
if (pythonCode !== 0) console.error(['', 'The Python tests failed:', ...failures].join('\n'))
process.exit(nodeCode === 0 ? pythonCode : nodeCode)
