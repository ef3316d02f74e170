import { Worker } from 'node:worker_threads'
import type { LoadAnswer, LoadJob } from './worker.ts'

/** Loads in a thread of its own, as the server does; the thread has ended when the answer is there. */
export function inThread(job: LoadJob): Promise<LoadAnswer> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: job })
  const { promise, resolve, reject } = Promise.withResolvers<LoadAnswer>()
  worker.once('error', reject)
  worker.once('message', (answer: LoadAnswer) => worker.once('exit', () => resolve(answer)))
  return promise
}
