import { closedLoop, type LoadResult, type LoadTarget, openLoop } from './http-load.ts'
import { quantile } from './report.ts'

/** One job for the load process. */
export type LoadJob = { readonly target: LoadTarget; readonly seconds: number; readonly connections?: number; readonly rate?: number }
/** What a job measured; latencies in ms. */
export type LoadSummary = {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly errors: number
  readonly count: number
}

const summarise = ({ latenciesMs, seconds, errors }: LoadResult): LoadSummary => ({
  perSecond: latenciesMs.length / seconds,
  p50: quantile(latenciesMs, 0.5),
  p99: quantile(latenciesMs, 0.99),
  p999: quantile(latenciesMs, 0.999),
  errors,
  count: latenciesMs.length,
})

async function work(job: LoadJob): Promise<void> {
  const result = job.rate === undefined ? await closedLoop(job.target, job.connections ?? 16, job.seconds) : await openLoop(job.target, job.rate, job.seconds)
  process.send?.(summarise(result))
}

process.on('message', (job: LoadJob) => void work(job))
