import fs from 'node:fs'
import { availableParallelism } from 'node:os'
import { foreground, onNode24, root } from './node24.js'

await onNode24()
process.chdir(root)

// Options go to Node's test runner (--test-name-pattern=…); other words choose files by a part of their path.
const options = process.argv.slice(2).filter((word) => word.startsWith('-'))
const filters = process.argv.slice(2).filter((word) => !word.startsWith('-'))
/** @param {string[]} files */
const chosen = (files) => files.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter.replace(/^\.\//, '')))).sort()

/** Python tests first, so that the last words are the summary of Node's runner; without the environment they are skipped by name, in CI that fails. */
async function runPython() {
  const files = chosen(fs.globSync('python/**/test_*.py'))
  if (files.length === 0) return 0
  if (!fs.existsSync('.venv/bin/python')) {
    console.log(
      `${process.env.CI ? 'FAILED' : 'skipped'}: ${files.length} Python test files: no .venv (python3 -m venv .venv && .venv/bin/pip install -r python/requirements-ci.txt)`,
    )
    return process.env.CI ? 1 : 0
  }
  const env = { ...process.env, PYTHONPATH: `${root}python:${root}python/tests` }
  let code = 0
  // A process for each file: PyTorch and TensorFlow in one end it.
  for (const file of files) code = (await foreground('.venv/bin/python', ['-m', 'unittest', file], env)) || code
  return code
}

const files = chosen(fs.globSync(['src/**/*.test.ts', 'test/**/*.test.ts']))
const pythonCode = await runPython()
if (files.length === 0) {
  if (pythonCode === 0 && fs.globSync('python/**/test_*.py').length > 0 && filters.some((filter) => filter.includes('python'))) process.exit(0)
  console.error(`No test file has "${filters.join('" or "')}" in its path.`)
  process.exit(1)
}
const limits = [`--test-concurrency=${availableParallelism()}`, '--test-timeout=300000']
const nodeCode = await foreground(process.execPath, ['--test', ...limits, ...options, ...files])
if (pythonCode !== 0) console.error('The Python tests failed: see above.')
process.exit(nodeCode === 0 ? pythonCode : nodeCode)
