import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noMeter } from '../contracts/meter.ts'
import { deviceEnv, placeWords, reportDevice } from './device.ts'

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

test('whether it runs there is counted of a model that asks for a graphics card, not of others', () => {
  const set: unknown[] = []
  const meter = { ...noMeter, gauge: (name: string, _: string, labels = {}) => ({ set: (value: number) => void set.push([name, labels, value]) }) }
  const labels = { model: 'm', version: '1.0.0' }
  reportDevice(meter, { asked: 'cuda', device: 'cuda' }, labels)
  reportDevice(meter, { asked: 'cuda', device: 'cpu', fallback: 'no driver' }, labels)
  reportDevice(meter, { asked: 'cpu', device: 'cpu' }, labels)
  assert.deepEqual(set, [
    ['model_device_fallback', labels, 0],
    ['model_device_fallback', labels, 1],
  ])
})
