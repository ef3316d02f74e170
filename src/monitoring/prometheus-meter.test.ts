import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrometheusMeter } from './prometheus-meter.ts'

/** A meter of things that are done, waited for, and have a level; things have these labels. */
const makeMeter = (...labels: readonly string[]): PrometheusMeter =>
  new PrometheusMeter({
    things_total: { kind: 'counter', meaning: 'Things that were done', labels },
    wait_seconds: { kind: 'histogram', meaning: 'Waiting', labels: [] },
    level: { kind: 'gauge', meaning: 'Level', labels: [] },
  })

const linesOf = async (meter: PrometheusMeter): Promise<string[]> => (await meter.metricsText()).split('\n')

test('a counter adds up under its labels, with the prefix of the product', async () => {
  const meter = makeMeter('model', 'signal')
  const counter = meter.counter('things_total', { model: 'momentum', signal: 'BUY' })
  counter.add()
  counter.add(2)
  meter.counter('things_total', { signal: 'SELL', model: 'momentum' }).add()
  assert.deepEqual(await linesOf(meter), [
    '# HELP presage_things_total Things that were done',
    '# TYPE presage_things_total counter',
    'presage_things_total{model="momentum",signal="BUY"} 3',
    'presage_things_total{signal="SELL",model="momentum"} 1',
    '',
  ])
})

test('the same labels are the same series', async () => {
  const meter = makeMeter('a', 'b')
  meter.counter('things_total', { a: '1', b: '2' }).add()
  meter.counter('things_total', { b: '2', a: '1' }).add()
  assert.ok((await linesOf(meter)).includes('presage_things_total{a="1",b="2"} 2'))
})

test('a histogram counts every value in all buckets that hold it', async () => {
  const meter = makeMeter()
  const histogram = meter.histogram('wait_seconds')
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
  const meter = makeMeter()
  const gauge = meter.gauge('level')
  gauge.set(3)
  gauge.set(-2)
  assert.ok((await linesOf(meter)).includes('presage_level -2'))
})

test('label values of a client are escaped', async () => {
  const meter = makeMeter('name')
  meter.counter('things_total', { name: 'a"b\nc' }).add()
  assert.ok((await linesOf(meter)).includes('presage_things_total{name="a\\"b\\nc"} 1'))
})

test('label sets beyond 500 are counted together, and known ones go on', async () => {
  const meter = makeMeter('name')
  for (let i = 0; i < 700; i++) meter.counter('things_total', { name: `n${i}` }).add()
  meter.counter('things_total', { name: 'n7' }).add()
  const lines = (await linesOf(meter)).filter((line) => line.startsWith('presage_things_total'))
  assert.equal(lines.length, 501)
  assert.ok(lines.includes('presage_things_total{name="other"} 200'))
  assert.ok(lines.includes('presage_things_total{name="n7"} 2'))
})

test('a name that is not in the table, or with other labels or of another kind than there, is a bug that shows at once', () => {
  const meter = makeMeter('model')
  meter.counter('things_total', { model: 'a' })
  assert.throws(() => meter.counter('things', { model: 'a' }), /things is not in the table/)
  assert.throws(() => meter.counter('things_total', { model: 'a', version: 'b' }), /not a counter by \(model, version\)/)
  assert.throws(() => meter.counter('things_total', { version: 'a' }), /counter by \(model\)/)
  assert.throws(() => meter.gauge('things_total', { model: 'a' }), /not a gauge/)
})

test('the process itself is measured when asked', async () => {
  const meter = new PrometheusMeter()
  meter.measureProcess()
  const text = await meter.metricsText()
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'nodejs_gc_duration_seconds'])
    assert.ok(text.includes(name), name)
})
