import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { noMeter } from '../contracts/meter.ts'
import type { LoadedModel } from '../contracts/loaded-model.ts'
import { ServingError } from '../contracts/error.ts'
import { prepareBundle } from './prepare-bundle.ts'
import type { Wanted } from './prepare-process.ts'
import { readManifest } from './read-manifest.ts'
import { Resident } from './resident.ts'
import { SlotLoader, type SlotLoaderDeps } from './slot-loader.ts'
import { VersionSlot } from './version-slot.ts'

const dir = fileURLToPath(new URL('../../examples/models/momentum/1.2.3', import.meta.url))
const prepared = prepareBundle(readManifest(dir))
const golden = prepared.golden!
const trained = prepared.manifest.inputs.feature_set_digest
const asked = { insist: false, isAsked: true, isUrgent: false }

/** A slot of momentum under another name. */
function slotOf(name: string, version = '1.2.3'): VersionSlot {
  const file = readManifest(dir)
  return new VersionSlot({ ...file, manifest: { ...file.manifest, name, version } })
}

const memoryBytes = 1_000
const model = (dispose: () => void = () => {}): LoadedModel => ({
  inputs: golden.inputs.length / golden.count,
  outputs: golden.outputsPerRow,
  memoryBytes,
  engine: 'golden rows',
  predict: (rows, count) => {
    const at = golden.inputs.findIndex((_, from) => rows.every((value, i) => Object.is(value, golden.inputs[from + i])))
    const row = at / (golden.inputs.length / golden.count)
    return Promise.resolve(golden.outputs.slice(row * golden.outputsPerRow, (row + count) * golden.outputsPerRow))
  },
  dispose: () => Promise.resolve(dispose()),
})

/** In memory, as if it had been loaded. */
function resident(slot: VersionSlot, dispose: () => void): VersionSlot {
  const ref = { name: slot.name, version: slot.version, digest: slot.file.digest }
  slot.resident = new Resident({ ref, manifest: slot.file.manifest, features: {} as never, runtime: model(dispose) }, undefined, () => {})
  return slot
}

const atOnce: SlotLoaderDeps['preparation'] = { prepare: () => Promise.resolve(prepared) }

function loader(events: string[], room: SlotLoaderDeps['room'], { wouldFit = false, preparation = atOnce } = {}): SlotLoader {
  return new SlotLoader({
    runtimes: [
      {
        kind: prepared.manifest.runtime,
        load: () => Promise.resolve((events.push('load'), { ...model(), bringAtHand: async () => void events.push('at hand') })),
      },
    ],
    registry: { digestOf: () => undefined },
    features: { declare: () => ({ digest: trained }) as never, prove: () => Promise.resolve() },
    clock: { now: () => 0, monotonic: () => 0 },
    meter: noMeter,
    preparation: { prepare: (...wanted) => (events.push('prepare'), preparation.prepare(...wanted)) },
    allowUnverified: false,
    room,
    wouldFit: () => wouldFit,
    changed: () => void events.push('changed'),
    remember: () => Promise.resolve(),
    log: (level, message) => void events.push(`${level}: ${message}`),
  })
}

test('room is made for what a version is expected to take before any of it is loaded, and looked at again once it is known', async () => {
  const events: string[] = []
  const slot = slotOf('newcomer')
  const other = resident(slotOf('other'), () => events.push('other left'))
  const room: SlotLoaderDeps['room'] = (_, bytes) => {
    events.push(bytes === memoryBytes ? 'room for what it takes' : 'room for what it may take')
    return other.resident ? [other] : []
  }
  await loader(events, room).load(slot, asked)
  const told = 'info: other 1.2.3 leaves its memory to newcomer 1.2.3; it is loaded again when it is asked for'
  assert.deepEqual(events, ['room for what it may take', told, 'other left', 'prepare', 'load', 'at hand', 'room for what it takes', 'changed'])
  assert.equal(slot.heldBytes, 0, 'nothing stays reserved')
})

test('a version for which there is no room is not loaded', async () => {
  const events: string[] = []
  const full = new ServingError('model_memory_exceeded', 'full')
  const load = loader(events, () => {
    throw full
  }).load(slotOf('newcomer'), asked)
  await assert.rejects(load, full)
  assert.deepEqual(events, ['changed'])
})

test('a version that turned out to take more than there is room for is not brought again before there is room for that', async () => {
  const events: string[] = []
  const room = (_: VersionSlot, bytes: number): readonly VersionSlot[] => {
    if (bytes === memoryBytes) throw new ServingError('model_memory_exceeded', 'no room')
    return []
  }
  const slot = slotOf('large')
  const models = loader(events, room)
  await assert.rejects(models.load(slot, asked), { code: 'model_memory_exceeded' })
  await assert.rejects(models.load(slot, { ...asked, insist: true }), { code: 'model_memory_exceeded' })
  assert.deepEqual(events, ['prepare', 'load', 'at hand', 'changed', 'changed'])
})

test('a version of the same model leaves only when the new one has come: it answers until then', async () => {
  const events: string[] = []
  const old = resident(slotOf('momentum', '1.2.2'), () => events.push('old left'))
  await loader(events, () => [old]).load(slotOf('momentum'), asked)
  const told = 'info: momentum 1.2.2 leaves its memory to momentum 1.2.3; it is loaded again when it is asked for'
  assert.deepEqual(events, ['prepare', 'load', 'at hand', 'changed', told, 'old left'])
})

test('what is reserved for a load under way is no room for another', async () => {
  const events: string[] = []
  const slot = slotOf('newcomer')
  const load = loader(events, () => []).load(slot, asked)
  await new Promise(setImmediate)
  assert.ok(slot.heldBytes > 1_000_000, `${slot.heldBytes} bytes`)
  await load
  assert.equal(slot.heldBytes, 0)
})

test('a load waits for memory that another one has only for now, and begins when that has ended', async () => {
  const events: string[] = []
  const slots = ['first', 'second', 'third'].map((name) => slotOf(name))
  const loads = loader(
    events,
    (slot) => {
      if (slots.some((other) => other !== slot && other.heldBytes > 0)) throw new ServingError('model_memory_exceeded', 'full')
      return []
    },
    { wouldFit: true },
  )
  await Promise.all(slots.map((slot) => loads.load(slot, asked)))
  assert.deepEqual(events, Array.from({ length: 3 }, () => ['prepare', 'load', 'at hand', 'changed']).flat(), 'one after the other')
})

test('a load that waits for memory begins when what was in use no longer is', async () => {
  const events: string[] = []
  const slots = [slotOf('first'), slotOf('second')] as const
  const loads = loader(
    events,
    () => {
      if (slots[0].resident?.inUse) throw new ServingError('model_memory_exceeded', 'full')
      return []
    },
    { wouldFit: true },
  )
  const lease = slots[0].lease(await loads.load(slots[0], asked), undefined)
  const second = loads.load(slots[1], asked)
  await new Promise(setImmediate)
  assert.equal(slots[1].resident, undefined)
  lease.release()
  assert.equal(await second, slots[1].resident)
})

test('a load is urgent from the moment on at which a request waits for it', async () => {
  const answer = Promise.withResolvers<typeof prepared>()
  const wanted = Promise.withResolvers<Wanted>()
  const preparation: SlotLoaderDeps['preparation'] = { prepare: (_, by) => (wanted.resolve(by), answer.promise) }
  const [loads, slot] = [loader([], () => [], { preparation }), slotOf('momentum')]
  const load = loads.load(slot, asked)
  const { isUrgent = assert.fail } = await wanted.promise
  assert.equal(isUrgent(), false)
  const other = loads.load(slot, { ...asked, isUrgent: true })
  assert.equal(isUrgent(), true)
  void loads.load(slot, asked)
  assert.equal(isUrgent(), true)
  answer.resolve(prepared)
  assert.equal(await load, await other)
})
