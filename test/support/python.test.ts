import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { fileOrSkip, programOrSkip, pythonOrSkip } from './python.ts'

function withCi<T>(value: string | undefined, body: () => T): T {
  const before = process.env.CI
  if (value === undefined) delete process.env.CI
  else process.env.CI = value
  try {
    return body()
  } finally {
    if (before === undefined) delete process.env.CI
    else process.env.CI = before
  }
}

const recorder = (): { t: TestContext; said: string[] } => {
  const said: string[] = []
  return { t: { skip: (message: string) => said.push(message) } as unknown as TestContext, said }
}

test('a test whose tools are missing is skipped with a line that names them', () => {
  const { t, said } = recorder()
  withCi(undefined, () => {
    assert.equal(pythonOrSkip(t, ['no_such_module_at_all']), undefined)
    assert.equal(fileOrSkip(t, '/no/such/file'), undefined)
    assert.equal(programOrSkip(t, 'no-such-program-at-all'), false)
  })
  assert.equal(said.length, 3)
  assert.match(said.join('\n'), /(no_such_module_at_all|no Python environment).*\n\/no\/such\/file is not there\nthe program no-such-program-at-all/)
})

test('in CI a missing tool is a failure, as a skipped test there would hold nothing', () => {
  const { t } = recorder()
  withCi('true', () => {
    assert.throws(() => pythonOrSkip(t, ['no_such_module_at_all']), /CI runs every test/)
    assert.throws(() => fileOrSkip(t, '/no/such/file'), /CI runs every test/)
    assert.throws(() => programOrSkip(t, 'no-such-program-at-all'), /CI runs every test/)
  })
})
