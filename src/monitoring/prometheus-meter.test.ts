import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrometheusMeter } from './prometheus-meter.ts'

const linesOf = async (meter: PrometheusMeter): Promise<string[]> => (await meter.metricsText()).split('\n')

test('a counter adds up under its labels, with the prefix of the product', async () => {
  const meter = new PrometheusMeter()
  const counter = meter.counter('things_total', 'Things that were done', { model: 'momentum', signal: 'BUY' })
  counter.add()
  counter.add(2)
  meter.counter('things_total', 'Things that were done', { signal: 'SELL', model: 'momentum' }).add()
  assert.deepEqual(await linesOf(meter), [
    '# HELP presage_things_total Things that were done',
    '# TYPE presage_things_total counter',
    'presage_things_total{model="momentum",signal="BUY"} 3',
    'presage_things_total{signal="SELL",model="momentum"} 1',
    '',
  ])
})

test('the same labels are the same series', async () => {
  const meter = new PrometheusMeter()
  meter.counter('things_total', 'Things', { a: '1', b: '2' }).add()
  meter.counter('things_total', 'Things', { b: '2', a: '1' }).add()
  assert.ok((await linesOf(meter)).includes('presage_things_total{a="1",b="2"} 2'))
})

test('a histogram counts every value in all buckets that hold it', async () => {
  const meter = new PrometheusMeter()
  const histogram = meter.histogram('wait_seconds', 'Waiting')
  for (const seconds of [0.001, 0.0011, 0.5, 1_000, NaN]) histogram.observe(seconds)
  const lines = await linesOf(meter)
  for (const line of [
    '_bucket{le="0.0005"} 0',
    '_bucket{le="0.001"} 1',
    '_bucket{le="0.0025"} 2',
    '_bucket{le="60"} 3',
    '_bucket{le="+Inf"} 4',
    '_sum 1000.5021',
    '_count 4',
  ])
    assert.ok(lines.includes(`presage_wait_seconds${line}`), line)
})

test('a gauge is what it was set to last', async () => {
  const meter = new PrometheusMeter()
  const gauge = meter.gauge('level', 'Level')
  gauge.set(3)
  gauge.set(-2)
  assert.ok((await linesOf(meter)).includes('presage_level -2'))
})

test('label values of a client are escaped', async () => {
  const meter = new PrometheusMeter()
  meter.counter('things_total', 'Things', { name: 'a"b\nc' }).add()
  assert.ok((await linesOf(meter)).includes('presage_things_total{name="a\\"b\\nc"} 1'))
})

test('label sets beyond 500 are counted together, and known ones go on', async () => {
  const meter = new PrometheusMeter()
  for (let i = 0; i < 700; i++) meter.counter('things_total', 'Things', { name: `n${i}` }).add()
  meter.counter('things_total', 'Things', { name: 'n7' }).add()
  const lines = (await linesOf(meter)).filter((line) => line.startsWith('presage_things_total'))
  assert.equal(lines.length, 501)
  assert.ok(lines.includes('presage_things_total{name="other"} 200'))
  assert.ok(lines.includes('presage_things_total{name="n7"} 2'))
})

test('one name with other labels or of another kind is a bug that shows at once', () => {
  const meter = new PrometheusMeter()
  meter.counter('things_total', 'Things', { model: 'a' })
  assert.throws(() => meter.counter('things_total', 'Things', { version: 'a' }), /counter by \(model\)/)
  assert.throws(() => meter.gauge('things_total', 'Things', { model: 'a' }), /not a gauge/)
})

test('describeMetrics lists what was asked for, by name', () => {
  const meter = new PrometheusMeter()
  meter.histogram('wait_seconds', 'Waiting')
  meter.counter('things_total', 'Things', { signal: 'BUY', model: 'a' })
  assert.deepEqual(meter.describeMetrics(), [
    { name: 'presage_things_total', type: 'counter', help: 'Things', labels: ['model', 'signal'] },
    { name: 'presage_wait_seconds', type: 'histogram', help: 'Waiting', labels: [] },
  ])
})

test('the process itself is measured when asked', async () => {
  const meter = new PrometheusMeter()
  meter.measureProcess()
  const text = await meter.metricsText()
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'nodejs_gc_duration_seconds'])
    assert.ok(text.includes(name), name)
})
