/** Where the process is: `starting` (models load), `serving`, `draining` (no new work wanted, running work is finished). */
export type Phase = 'starting' | 'serving' | 'draining'

/** What must be true before the process serves. */
const needed = ['models', 'listening'] as const
/** One of the things that must be true before the process serves. */
export type StartStep = (typeof needed)[number]

/** Decides what /startupz and /readyz answer. Starting ends when the eager models are loaded and the server listens; draining never ends. */
export class Readiness {
  readonly #done = new Set<StartStep>()
  #started = false
  #draining = false

  /** Says that one step of the start is done. */
  reached(step: StartStep): void {
    this.#done.add(step)
    this.#started = needed.every((each) => this.#done.has(each))
  }

  /** From now on this process wants no new work. */
  drain(): void {
    this.#draining = true
  }

  get phase(): Phase {
    if (this.#draining) return 'draining'
    return this.started ? 'serving' : 'starting'
  }

  /** True once the start is over, for ever. Asked for every request. */
  get started(): boolean {
    return this.#started
  }

  /** True while new work is wanted. */
  get ready(): boolean {
    return this.phase === 'serving'
  }

  /** What readiness waits for, for people; undefined when ready. */
  get reason(): string | undefined {
    if (this.#draining) return 'draining'
    const missing = needed.filter((step) => !this.#done.has(step))
    return missing.length === 0 ? undefined : `waiting for ${missing.join(' and ')}`
  }
}
