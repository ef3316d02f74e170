import { type ChildProcess, fork } from 'node:child_process'
import { keepCompiled } from '../../bin/node24.js'

// As the product is started: a server, and every process that it starts, would strip the types of each file anew.
keepCompiled()

/** A forked script that answers one message with one message. */
export class Child<Ready, Question extends object, Answer> {
  readonly #process: ChildProcess
  readonly ready: Ready
  private constructor(process: ChildProcess, ready: Ready) {
    this.#process = process
    this.ready = ready
  }
  static async start<Ready, Question extends object, Answer>(url: URL, waitForReady: boolean): Promise<Child<Ready, Question, Answer>> {
    const child = fork(url, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const ready = waitForReady ? await nextMessage<Ready>(child) : (undefined as Ready)
    return new Child(child, ready)
  }
  async ask(question: Question): Promise<Answer> {
    const answer = nextMessage<Answer>(this.#process)
    this.#process.send(question)
    return answer
  }
  stop(): void {
    this.#process.disconnect()
    this.#process.kill()
  }
}

const nextMessage = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`the process ended with code ${code}`))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message as T)
    })
  })
