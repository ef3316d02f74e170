import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { listModels } from './list-models.ts'

const examples = fileURLToPath(new URL('../../examples/models', import.meta.url))

/** A server that knows these paths, to whoever shows the key. */
async function makeServer(t: TestContext, bodies: Readonly<Record<string, unknown>>): Promise<string> {
  const server = createServer(({ url = '', headers }, response) => {
    const isKnown = headers.authorization === 'Bearer psk' && url in bodies
    response.writeHead(isKnown ? 200 : 403).end(JSON.stringify(isKnown ? bodies[url] : { code: 'scope_missing', detail: 'The key lacks models:read' }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What the command prints, spaces squeezed. */
async function printed(t: TestContext, options: Partial<Parameters<typeof listModels>[0]>): Promise<string[]> {
  const [log, error] = [t.mock.method(console, 'log', () => {}), t.mock.method(console, 'error', () => {})]
  await listModels({ models: examples, keyFile: 'none', ...options })
  const lines = [...log.mock.calls, ...error.mock.calls].flatMap(({ arguments: [text] }) => String(text).split('\n'))
  return lines.map((line) => line.replaceAll(/ +/g, ' '))
}

test('a folder is listed without a server: runtime and format of every version', async (t) => {
  const lines = await printed(t, {})
  assert.match(lines.join('\n'), /^momentum 1\.2\.3 trees lightgbm 0\.\d{4} BTC\/USDT ETH\/USDT 30 x 1 @ 1m 15 min [0-9a-f]{12}$/m)
  assert.match(lines.join('\n'), /^baseline 1\.0\.0 onnx onnx /m)
})

test('a server also says status, proof, engine and protection, why a model failed, and what is none', async (t) => {
  const common = { version: '1.0.0', memory_bytes: 3 * 2 ** 20, manifest: { runtime: 'python', artefact: { format: 'skops' } } }
  const golden = { rows: 18, reproduced: 18, max_abs_error: 0 }
  const none = { versions: [] }
  const url = await makeServer(t, {
    '/models/good/versions': none,
    '/models/bad/versions': none,
    '/models': { models: [{ name: 'good' }, { name: 'bad' }], refused: [{ folder: 'torn/1.0.0', reason: 'model.yaml: line 3: /name must be string' }] },
    '/models/good': {
      ...common,
      model_name: 'good',
      status: 'active',
      verified: true,
      golden,
      engine: 'scikit-learn 1.9.1 (Pipeline)',
      protection: 'bubblewrap',
    },
    '/models/bad': { ...common, model_name: 'bad', status: 'failed', verified: false, reason: 'run `presage python setup`' },
  })
  const lines = await printed(t, { url, key: 'psk' })
  assert.ok(lines.includes('good 1.0.0 active python skops 18/18 within 0.0e+0 scikit-learn 1.9.1 (Pipeline) bubblewrap 3.0 MB'), lines.join('\n'))
  assert.ok(lines.includes('bad 1.0.0 failed python skops no 3.0 MB'))
  assert.match(lines.at(-2) ?? '', /bad 1\.0\.0: run `presage python setup`$/)
  assert.match(lines.at(-1) ?? '', /refused.* torn\/1\.0\.0: model\.yaml: line 3: \/name must be string$/)
})

test('versions that a server refused are listed with their reasons where they are newer than the latest, and those that are in memory or labelled where something is wrong with them', async (t) => {
  const manifest = { runtime: 'trees', artefact: { format: 'lightgbm' } }
  const told = (version: string, status: string, { reason, labels = [] }: { readonly reason?: string; readonly labels?: readonly string[] } = {}) => ({
    model_name: 'forest',
    version,
    status,
    reason,
    labels,
    loaded: status === 'standby',
    verified: false,
    memory_bytes: 0,
    manifest,
  })
  const all = [
    told('2.1.0', 'failed', { reason: 'model.txt is damaged' }),
    told('2.0.0', 'standby'),
    told('1.1.0', 'standby', { reason: 'model.txt was changed' }),
    told('1.0.0', 'active'),
    told('0.9.0', 'failed', { reason: 'as old as the hills' }),
    told('0.8.0', 'failed', { reason: 'no golden rows', labels: ['stable'] }),
  ]
  const url = await makeServer(t, {
    '/models': { models: [{ name: 'forest' }], refused: [] },
    '/models/forest': all[3],
    '/models/forest/versions': { model_name: 'forest', versions: all },
    '/models/forest/versions/2.1.0': all[0],
    '/models/forest/versions/1.1.0': all[2],
    '/models/forest/versions/0.8.0': all[5],
  })
  const [, , ...lines] = await printed(t, { url, key: 'psk' })
  const row = (version: string, status: string): string => `forest ${version} ${status} trees lightgbm no 0.0 MB`
  assert.deepEqual(lines.slice(0, 4), [row('2.1.0', 'failed'), row('1.1.0', 'standby'), row('0.8.0', 'failed'), row('1.0.0', 'active')])
  assert.match(
    lines.slice(4).join('\n'),
    /^.*failed.* forest 2\.1\.0: model\.txt is damaged\n.*in trouble.* forest 1\.1\.0: model\.txt was changed\n.*failed.* forest 0\.8\.0: no golden rows$/,
  )
})

test('a server that refuses is heard, and one that is not there is said to be so', async (t) => {
  const url = await makeServer(t, {})
  await assert.rejects(printed(t, { url, key: 'wrong' }), /GET \/models was refused: 403 scope_missing The key lacks models:read/)
  await assert.rejects(printed(t, { url }), { code: 'auth_missing' })
  await assert.rejects(printed(t, { url: 'http://127.0.0.1:1', key: 'psk' }), /does not answer: is the server running\?/)
})

for (const [url, meant] of [
  ['127.0.0.1:8101', 'http://127.0.0.1:8101'],
  ['localhost:8101', 'http://localhost:8101'],
  ['ftp://localhost:8101/x', 'one such as http://127.0.0.1:8080'],
  ['', 'one such as http://127.0.0.1:8080'],
] as const)
  test(`the URL ${JSON.stringify(url)} is refused with one that would do`, async (t) => {
    await assert.rejects(printed(t, { url, key: 'psk' }), { code: 'validation_failed', message: `${url} is no URL of a server: say ${meant}` })
  })

test('what a bundle says of itself is shown and not obeyed, whatever a terminal would make of it', async (t) => {
  const about = {
    model_name: 'sly',
    version: '1.0.0',
    status: 'active',
    memory_bytes: 0,
    manifest: { runtime: 'python', artefact: { format: 'python-class' } },
  }
  const url = await makeServer(t, {
    '/models': { models: [{ name: 'sly' }], refused: [{ folder: 'a\u001B[2Jb', reason: 'no\rgood\u202E' }] },
    '/models/sly/versions': { versions: [] },
    '/models/sly': { ...about, verified: true, engine: '\u001B]0;mine\u0007python\ngood 9.9.9 active', reason: 'damaged\u001B[1A' },
  })
  const lines = await printed(t, { url, key: 'psk' })
  assert.deepEqual(lines.slice(2, 3), ['sly 1.0.0 active python python-class yes \\u001b]0;mine\\u0007python\\ngood 9.9.9 active 0.0 MB'])
  assert.match(lines.at(-2) ?? '', / sly 1\.0\.0: damaged\\u001b\[1A$/)
  assert.match(lines.at(-1) ?? '', / a\\u001b\[2Jb: no\\u000dgood\\u202e$/)
})
