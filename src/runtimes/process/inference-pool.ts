import type { Deadline } from '../../contracts/ports.ts'
import { InferenceProcess, type ProcessDeps, type ProcessSpec, startInferenceProcess } from './inference-process.ts'
import type { ProcessInfo } from './message.ts'
import type { Tensor } from './tensor.ts'

/** How many processes answer, and how many more are loaded to step in at once when one of those is down. */
export type PoolSize = { readonly workers: number; readonly spares: number }

/** Several inference processes of one model. Make it with `startInferencePool`. */
export class InferencePool {
  readonly #members: readonly [InferenceProcess, ...InferenceProcess[]]
  readonly #workers: number

  constructor(members: readonly [InferenceProcess, ...InferenceProcess[]], workers: number) {
    this.#members = members
    this.#workers = workers
  }

  /** What each process said when it was ready. */
  get infos(): readonly ProcessInfo[] {
    return this.#members.map(({ info }) => info as ProcessInfo)
  }

  /** What the first one said, with the memory of all of them. */
  get info(): ProcessInfo {
    const { infos } = this
    return { ...(infos[0] as ProcessInfo), rssBytes: infos.reduce((sum, { rssBytes }) => sum + rssBytes, 0) }
  }

  /** Why none of the processes answers at the moment; undefined while one does. */
  get trouble(): string | undefined {
    if (this.#members.some(({ isUp }) => isUp)) return undefined
    return this.#members.find(({ trouble }) => trouble !== undefined)?.trouble
  }

  /** Ids of the running processes. */
  get pids(): readonly number[] {
    return this.#members.flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  /** One call, by the process with the fewest before it. Throws what `InferenceProcess.call` throws. */
  call(tensors: readonly Tensor[], deadline: Deadline): Promise<readonly Tensor[]> {
    return this.#choose().call(tensors, deadline)
  }

  /** Lets all processes compute beside what answers: they give way until then. Resolves when they do. */
  async promote(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.promote()))
  }

  /** Ends all processes; resolves when none exists any more. */
  async dispose(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.dispose()))
  }

  /** The least busy of the first `workers` processes that can answer; where none can, the first, which says why. */
  #choose(): InferenceProcess {
    let chosen: InferenceProcess | undefined
    let seen = 0
    for (const member of this.#members) {
      if (!member.isUp) continue
      if (chosen === undefined || member.waiting < chosen.waiting) chosen = member
      if ((seen += 1) === this.#workers) break
    }
    return chosen ?? this.#members[0]
  }
}

/** Starts all processes of a pool; the first tells the others what to insist on; all give way until `promote`. Throws what a first load refuses with, and leaves nothing behind then. */
export async function startInferencePool(spec: ProcessSpec, size: PoolSize, deps: ProcessDeps & { readonly signal?: AbortSignal }): Promise<InferencePool> {
  const first = await startInferenceProcess(spec, deps, deps.signal)
  const likeFirst = { ...spec, args: (own: ProcessInfo | undefined) => spec.args(own ?? first.info) }
  const others = Array.from({ length: size.workers + size.spares - 1 }, () => startInferenceProcess(likeFirst, deps, deps.signal))
  const outcomes = await Promise.allSettled(others)
  const members: [InferenceProcess, ...InferenceProcess[]] = [first, ...outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))]
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  const pool = new InferencePool(members, size.workers)
  if (failure === undefined) return pool
  await pool.dispose()
  throw failure.reason
}
