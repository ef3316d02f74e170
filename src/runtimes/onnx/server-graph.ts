import { ServingError } from '../../contracts/error.ts'
import type { Clock, Deadline } from '../../contracts/ports.ts'
import { givenUp } from '../process/given-up.ts'
import type { ProcessInfo } from '../process/message.ts'
import type { Tensor } from '../process/tensor.ts'
import { unloaded } from '../process/unloaded.ts'
import type { OnnxBackend } from './onnx-model.ts'
import type { OpenedModel } from './open-model.ts'
import type { Turns } from './turns.ts'

// A session of a small model takes 150 to 450 KiB beside its weights, which it holds as they are and packed for matrix products.
const sessionBytes = 256 << 10

/**
 * A graph that is computed in this process. Every run of it and of its likes has a turn of the event loop to itself, so nobody waits for more than one run: a session computes on the thread that calls
 * it, from an immediate of its own, and immediates that are asked for together are done together.
 */
export class ServerGraph implements OnnxBackend {
  /** Its memory is an estimate: what the library allocates is not told apart from what the rest of this process does. */
  readonly info: ProcessInfo
  readonly infos: readonly ProcessInfo[]
  readonly pids: readonly number[] = []
  readonly #opened: OpenedModel
  readonly #clock: Clock
  readonly #turns: Turns
  #isDisposed = false

  constructor(opened: OpenedModel, { clock, turns }: { readonly clock: Clock; readonly turns: Turns }) {
    this.#opened = opened
    this.#clock = clock
    this.#turns = turns
    this.info = { ...opened.info, rssBytes: sessionBytes + 2 * opened.info.fileBytes, inServer: true }
    this.infos = [this.info]
  }

  /** One call. Throws `deadline_exceeded`, `model_unavailable` once it is disposed, and what the model refuses the call with. */
  async call(tensors: readonly Tensor[], deadline: Deadline): Promise<readonly Tensor[]> {
    const answer = await this.#opened.call(tensors, (run) => this.#turns.take(() => this.#runWanted(run, deadline)))
    this.#checkWanted(deadline)
    return answer
  }

  /** It has no process. */
  async promote(): Promise<void> {}

  async dispose(): Promise<void> {
    if (this.#isDisposed) return
    this.#isDisposed = true
    await this.#turns.take(() => this.#opened.release())
  }

  /** No timer would tell sooner: none fires while something is computed. */
  #checkWanted({ at, signal }: Deadline): void {
    if (this.#isDisposed) throw unloaded()
    if (signal.aborted) throw givenUp(signal)
    if (at <= this.#clock.monotonic()) throw new ServingError('deadline_exceeded', 'The deadline passed before the model answered')
  }

  async #runWanted<Result>(run: () => Promise<Result>, deadline: Deadline): Promise<Result> {
    this.#checkWanted(deadline)
    return run()
  }
}
