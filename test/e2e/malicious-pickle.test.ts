import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { bubblewrapOrSkip } from '../support/bubblewrap.ts'
import { pythonOrSkip } from '../support/python.ts'
import { writeBundle } from '../support/write-bundle.ts'
import { startServer } from './support/start-server.ts'

/** What a joblib file does when it is read: whatever it can, and then it says what that was. */
const attack = (victim: { readonly planted: string; readonly keyFile: string; readonly port: number; readonly pid: number }): string => `
import os, socket
def wrote(): return os.system("touch ${victim.planted} 2>/dev/null") == 0
def read(path): return len(open(path).read()) > 0
def connected(): return socket.create_connection(("127.0.0.1", ${victim.port}), timeout=2) is not None
def signalled(): return os.kill(${victim.pid}, 0) is None
attempts = {
    "wrote a file": wrote,
    "read the users": lambda: read("/etc/passwd"),
    "read the admin key": lambda: read("${victim.keyFile}"),
    "connected": connected,
    "signalled the server": signalled,
}
did = []
for name, attempt in attempts.items():
    try:
        if attempt(): did.append(name)
    except OSError:
        pass
raise RuntimeError("I " + (", ".join(did) or "could do nothing"))
`

const makePickle = `
import pickle, sys
class Model:
    def __reduce__(self): return exec, (sys.argv[1], {})
sys.stdout.write(pickle.dumps(Model(), protocol=0).decode())
`

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-victim-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A server that is asked to load the malicious bundle: why it refused, and what happened to the machine. */
async function suffer(t: TestContext, python: string, sandbox: 'required' | 'off') {
  const [models, target] = [makeFolder(t), makeFolder(t)]
  let connections = 0
  const listener = createServer(() => (connections += 1)).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.after(() => listener.close())
  const settings = { 'models.dir': models, 'models.eager': '', 'models.allowUnsafeFormats': 'true', 'python.executable': python, routes: '[]' }
  const { client, presage } = await startServer(t, { ...settings, 'python.sandbox': sandbox })
  const planted = join(target, 'planted')
  const code = attack({ planted, keyFile: presage.keyFile, port: (listener.address() as AddressInfo).port, pid: process.pid })
  const bundle = writeBundle(models, {
    files: { 'model.joblib': execFileSync(python, ['-c', makePickle, code], { encoding: 'utf8' }) },
    manifest: { name: 'trojan', runtime: 'python', artefact: { path: 'model.joblib', format: 'sklearn-joblib' } },
    answer: () => [0.5, 0.5],
  })
  const before = readFileSync(join(bundle, 'model.joblib'), 'utf8')
  await presage.models.scan()
  const { body } = await client.post('/models/trojan/versions/1.0.0/load')
  assert.equal(body.code, 'model_verification_failed', JSON.stringify(body))
  assert.equal(readFileSync(join(bundle, 'model.joblib'), 'utf8'), before)
  return { said: String(body.detail), planted: existsSync(planted), connected: connections > 0 }
}

test('in the box a malicious joblib file has no effect on the machine, and learns nothing of it', async (t) => {
  const python = pythonOrSkip(t, ['sklearn', 'joblib', 'numpy', 'msgpack'])
  if (python === undefined || !(await bubblewrapOrSkip(t))) return
  const { said, ...effects } = await suffer(t, python, 'required')
  assert.match(said, /RuntimeError: I could do nothing$/)
  assert.deepEqual(effects, { planted: false, connected: false })
})

test('without the box the same file does all of it, which is why its format is off until the operator allows it', async (t) => {
  const python = pythonOrSkip(t, ['sklearn', 'joblib', 'numpy', 'msgpack'])
  if (python === undefined) return
  const { said, ...effects } = await suffer(t, python, 'off')
  assert.match(said, /I wrote a file, read the users, read the admin key, connected, signalled the server$/)
  assert.deepEqual(effects, { planted: true, connected: true })
})
