import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InferenceSession } from 'onnxruntime-node'
import { openSession } from './open-session.ts'

const bytes = new Uint8Array(1)
const session = {} as InferenceSession

/** A machine on which only these providers can be asked for first; `asked` has what was. */
function machineWith(...working: string[]) {
  const asked: unknown[] = []
  const create = async (_: Uint8Array, { executionProviders = [] }: InferenceSession.SessionOptions): Promise<InferenceSession> => {
    const first = executionProviders[0] as string
    asked.push(executionProviders)
    if (working.includes(first)) return session
    throw new Error(`no ${first}\nand more`)
  }
  return { asked, create }
}

test('a graphics card is asked for first, with the CPU for what it cannot compute', async () => {
  const { asked, create } = machineWith('cuda', 'cpu')
  assert.deepEqual(await openSession(bytes, { device: 'cuda' }, create), { session, device: 'cuda' })
  assert.deepEqual(asked, [['cuda', 'cpu']])
})

test('without one the CPU computes, and the reason is told', async () => {
  const { asked, create } = machineWith('cpu')
  assert.deepEqual(await openSession(bytes, { device: 'cuda' }, create), {
    session,
    device: 'cpu',
    fallback: 'no cuda',
  })
  assert.deepEqual(asked, [['cuda', 'cpu'], ['cpu']])
  const lacking = await openSession(bytes, { device: 'cuda', lack: 'install it' }, create)
  assert.equal(lacking.fallback, 'no cuda (install it)')
})

test('a graphics card that was not asked for stays unused', async () => {
  const { asked, create } = machineWith('cuda', 'cpu')
  assert.deepEqual(await openSession(bytes, { device: 'cpu' }, create), { session, device: 'cpu' })
  assert.deepEqual(asked, [['cpu']])
})

test('a model that neither can open is refused', async () => {
  await assert.rejects(openSession(bytes, { device: 'cuda' }, machineWith().create), {
    code: 'model_verification_failed',
    message: /cannot be loaded: no cpu\. Check it/,
  })
})
