import type { LoadedModel } from '../contracts/loaded-model.ts'
import type { Clock } from '../contracts/ports.ts'

/** Latencies of single rows in µs, and rows per second in batches. */
export type CallFigures = { readonly calls: number; readonly p50: number; readonly p99: number; readonly p999: number; readonly rowsPerSecond: number }

/** How long to measure each, and how many rows a batch has. */
export type CallPlan = { readonly ms: number; readonly batch: number }

const mostCalls = 1 << 20
const never = { at: Infinity, signal: new AbortController().signal }

/** One row in, its latency in µs out, the way the server calls the model: on the spot where the model can do that. */
function makeCall(model: LoadedModel, clock: Clock): (row: Float64Array) => number | Promise<number> {
  const out = new Float64Array(model.outputs)
  const since = (before: number): number => (clock.monotonic() - before) * 1e3
  const predictSync = model.predictSync?.bind(model)
  if (predictSync === undefined)
    return async (row) => {
      const before = clock.monotonic()
      await model.predict(row, 1, never)
      return since(before)
    }
  return (row) => {
    const before = clock.monotonic()
    predictSync(row, out)
    return since(before)
  }
}

async function latenciesOf(call: ReturnType<typeof makeCall>, rows: readonly Float64Array[], until: () => boolean): Promise<Float64Array> {
  const latencies: number[] = []
  while (latencies.length < mostCalls && (latencies.length === 0 || until())) {
    const latency = call(rows[latencies.length % rows.length]!)
    latencies.push(typeof latency === 'number' ? latency : await latency)
  }
  return Float64Array.from(latencies).sort()
}

/** Measures single rows and batches, each for about `ms`; a first pass over the rows only warms up. `values` are rows of the model's inputs. */
export async function measureCalls(model: LoadedModel, values: Float64Array, { clock, plan }: { clock: Clock; plan: CallPlan }): Promise<CallFigures> {
  const { inputs } = model
  const rows = Array.from({ length: values.length / inputs }, (_, r) => values.slice(r * inputs, (r + 1) * inputs))
  const call = makeCall(model, clock)
  const within = (ms: number): (() => boolean) => {
    const end = clock.monotonic() + ms
    return () => clock.monotonic() < end
  }
  await latenciesOf(call, rows, within(plan.ms / 4))
  const sorted = await latenciesOf(call, rows, within(plan.ms))
  const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
  const many = Float64Array.from({ length: plan.batch * inputs }, (_, i) => values[i % values.length]!)
  const started = clock.monotonic()
  let batches = 0
  for (const goOn = within(plan.ms); batches === 0 || goOn(); batches++) await model.predict(many, plan.batch, never)
  const rowsPerSecond = (batches * plan.batch) / ((clock.monotonic() - started) / 1e3)
  return { calls: sorted.length, p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), rowsPerSecond }
}
