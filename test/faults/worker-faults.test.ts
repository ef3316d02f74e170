import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pythonOrSkip } from '../support/python.ts'
import { FaultServer } from './fault-server.ts'
import { workerFaults } from './worker-faults.ts'

test('whatever a worker does or suffers, its caller gets the stated outcome, the next call is answered, and no other model fails a request', async (t) => {
  const python = pythonOrSkip(t, ['msgpack', 'numpy'])
  if (python === undefined) return
  const server = await FaultServer.start(python)
  t.after(() => server.stop())
  for (const fault of workerFaults)
    await t.test(fault.name, async () => {
      const { outcome, others } = await server.suffer(fault)
      assert.deepEqual({ outcome, failed: others.failed }, { outcome: fault.outcome, failed: 0 })
      assert.ok(others.answered > 0)
    })
})
