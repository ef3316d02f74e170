import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Figures } from '../support/drive.ts'

/** A model as its own framework opens it. */
export type FrameworkModel = { readonly framework: 'sklearn' | 'lightgbm' | 'onnx'; readonly path: string }

const script = fileURLToPath(new URL('framework.py', import.meta.url))
const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

/** A Python process that asks models in their own framework, one measurement after the other. */
export class Framework {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#child = child
    this.#lines = lines
  }

  /** Starts it; what it trains lies in `folder` then. */
  static async start(python: string, folder: string): Promise<Framework> {
    const child = spawn(python, ['-W', 'ignore', script, folder], { env: oneThread, stdio: ['pipe', 'pipe', 'inherit'] })
    const started = new Framework(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]())
    await started.#line()
    return started
  }

  /** Calls of `batch` rows for `ms`. */
  async measure(model: FrameworkModel, { batch, ms }: { readonly batch: number; readonly ms: number }): Promise<Figures> {
    this.#child.stdin?.write(`${JSON.stringify({ ...model, batch, ms })}\n`)
    return JSON.parse(await this.#line()) as Figures
  }

  stop(): void {
    this.#child.kill()
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('The Python process of the frameworks ended: its message is above')
    return value
  }
}
