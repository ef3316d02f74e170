import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { Launcher } from '../processes/launcher.ts'
import { systemClock } from '../system.ts'
import { deviceEnv, DeviceReport, type Place, placeOf, placeWords } from './device.ts'
import type { ProcessEvent } from './process/process-event.ts'

test('a place says what was asked for where it is another', () => {
  assert.equal(placeWords({ asked: 'cuda', device: 'cuda' }), 'cuda')
  assert.equal(placeWords({ asked: 'cuda', device: 'cpu', fallback: 'no driver' }), 'cpu; cuda was asked for: no driver')
})

test('graphics cards are hidden from a model that asks for none', () => {
  assert.deepEqual(deviceEnv('cpu', ['/opt/cuda']), { CUDA_VISIBLE_DEVICES: '' })
})

test('a model that asks for a graphics card is told where its libraries are, to compute float32 as float32, and the same each time', () => {
  const exact = { NVIDIA_TF32_OVERRIDE: '0', CUBLAS_WORKSPACE_CONFIG: ':4096:8' }
  assert.deepEqual(deviceEnv('cuda', ['/opt/driver', '/opt/cuda']), { ...exact, LD_LIBRARY_PATH: '/opt/driver:/opt/cuda' })
  assert.deepEqual(deviceEnv('cuda', []), exact)
})

/** A model with a process somewhere, and what is said of it. */
function reported(place: Place) {
  const set: unknown[] = []
  const heard: string[] = []
  const meter = { ...noMeter, gauge: (name: string, labels = {}) => ({ set: (value: number) => void set.push([name, labels, value]) }) }
  const onEvent = ({ kind }: ProcessEvent): void => void heard.push(kind)
  const report = new DeviceReport({ launcher: new Launcher(), clock: systemClock, random: () => 0, log: () => {}, meter, onEvent }, { model: 'm' })
  return { report, model: { place }, set, heard }
}

const ready = { kind: 'ready', pid: 1, startMs: 1 } as const
const fallen = { asked: 'cuda', device: 'cpu', fallback: 'no driver' } as const

test('whether it runs there is counted of a model that asks for a graphics card, unless its own code decides', () => {
  const places = [{ asked: 'cuda', device: 'cuda' }, fallen, { asked: 'cpu', device: 'cpu' }, { asked: 'cuda', device: 'one that its code chooses' }] as const
  const said = places.map((place) => {
    const { report, model, set } = reported(place)
    report.watch(model)
    return set
  })
  const gauge = (value: number) => [['model_device_fallback', { model: 'm' }, value]]
  assert.deepEqual(said, [gauge(0), gauge(1), [], []])
})

test('it is said anew when a process takes the place of another, and who listens already hears of it as before', () => {
  const { report, model, set, heard } = reported({ asked: 'cuda', device: 'cuda' })
  report.deps.onEvent?.(ready)
  report.watch(model)
  model.place = fallen
  report.deps.onEvent?.({ kind: 'ended', pid: 1, reason: 'killed', retryAfterMs: 1 })
  report.deps.onEvent?.(ready)
  assert.deepEqual(
    set.map((said) => (said as readonly unknown[])[2]),
    [0, 1],
  )
  assert.deepEqual(heard, ['ready', 'ended', 'ready'])
})

test('of several processes the one that found no card is the one that is told', () => {
  const onCard = { rssBytes: 1, device: 'cuda' }
  assert.deepEqual(placeOf([onCard, { rssBytes: 1, device: 'cpu', fallback: 'its memory is full' }]), { device: 'cpu', fallback: 'its memory is full' })
  assert.deepEqual(placeOf([onCard, onCard]), { device: 'cuda', fallback: undefined })
})
