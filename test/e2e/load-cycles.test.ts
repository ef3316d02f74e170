import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { leavesNothing } from '../conformance/leftovers.ts'
import { pythonOrSkip } from '../support/python.ts'
import { writeOnnx, writePython, writeTrees } from '../support/small-bundles.ts'
import { modelsFolder } from './support/models-folder.ts'
import { startServer } from './support/start-server.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/**
 * What a phase of cycles may leave in memory beside what is counted one by one. Engine: heap and buffers; 200 cycles leave 1.5 MiB of compiled code and of timers that end a minute
 * after a load. Resident: the allocator and free pages of the heap move it by 40 MiB.
 */
const engineBytes = 2 ** 22
const residentBytes = 2 ** 26

type Memory = { readonly engine: number; readonly resident: number }

async function memory(): Promise<Memory> {
  // What a finalizer frees is collected in the turn after it.
  for (let turn = 0; turn < 3; turn += 1) {
    collect()
    await setImmediate()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { engine: heapUsed + external, resident: rss }
}

type Server = Awaited<ReturnType<typeof startServer>>

/** Loads and unloads a model so many times; what was loaded, so that it can be seen whether it is still there. */
async function cycle({ client, presage }: Server, model: string, times: number): Promise<readonly WeakRef<object>[]> {
  const loaded: WeakRef<object>[] = []
  const ask = async (what: string): Promise<void> => {
    const { status, body } = await client.post(`/models/${model}/versions/1.0.0/${what}`)
    assert.equal(status, 200, JSON.stringify(body))
  }
  for (let done = 0; done < times; done += 1) {
    await ask('load')
    loaded.push(new WeakRef(presage.models.find(model, 'latest').slot.resident as object))
    await ask('unload')
  }
  return loaded
}

const descriptors = (): number => readdirSync('/proc/self/fd').length
const inKibibytes = (bytes: number): string => `${Math.round(bytes / 1024)} KiB`

// The first cycles compile code and fill pools.
const phases = [
  { model: 'trees', first: 50, cycles: 200 },
  { model: 'onnx', first: 5, cycles: 20 },
  { model: 'python', first: 5, cycles: 20 },
]

test('models that are loaded and unloaded again and again leave no process, thread, descriptor or memory behind', { timeout: 600_000 }, async (t) => {
  const python = pythonOrSkip(t, ['numpy', 'msgpack'])
  if (python === undefined) return
  const models = modelsFolder(t)
  writeTrees(models, { name: 'trees', up: 0.4 })
  writeOnnx(models, { name: 'onnx' })
  writePython(models, { name: 'python', up: 0.4 })
  const patient = { 'gateway.deadlineMs': '60000', 'gateway.maxDeadlineMs': '60000', 'models.rescanMs': '86400000' }
  const worker = { 'models.allowUnsafeFormats': 'true', 'python.executable': python, 'python.sandbox': 'off' }
  const server = await startServer(t, { 'models.dir': models, ...patient, ...worker })
  for (const { model, first, cycles } of phases)
    await t.test(`${cycles} times ${model}`, async (step) => {
      await cycle(server, model, first)
      const [open, before] = [descriptors(), await memory()]
      let loaded: readonly WeakRef<object>[] = []
      await leavesNothing(async () => {
        loaded = await cycle(server, model, cycles)
      })
      assert.ok(descriptors() <= open, `${descriptors()} descriptors after ${open}`)
      const after = await memory()
      assert.equal(loaded.filter((model) => model.deref()).length, 0, 'of the models that were unloaded none is in memory')
      const [engine, resident] = [after.engine - before.engine, after.resident - before.resident]
      step.diagnostic(`${model}: ${inKibibytes(engine)} more in the engine, ${inKibibytes(resident)} more resident`)
      assert.ok(engine < engineBytes, `${inKibibytes(engine)} stayed after ${cycles} cycles`)
      assert.ok(resident < residentBytes, `${inKibibytes(resident)} more resident after ${cycles} cycles`)
    })
})
