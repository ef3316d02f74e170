import type { FeedReads, FeedsResponse } from '../contracts/feeds.ts'
import type { HealthCheck } from '../contracts/health.ts'
import { Feed, type FeedDeps } from './feed.ts'
import type { FeedSettings } from './feed-settings.ts'

const tickMs = 1_000

/** Every configured feed. None is configured: nothing is started. */
export class Feeds implements FeedReads {
  readonly #settings: readonly FeedSettings[]
  readonly #deps: FeedDeps
  #feeds: readonly Feed[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(settings: readonly FeedSettings[], deps: FeedDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  /** Is there any? */
  get any(): boolean {
    return this.#settings.length > 0
  }

  /** Starts every feed. */
  start(): void {
    if (!this.any) return
    this.#feeds = this.#settings.map((settings) => new Feed(settings, this.#deps))
    this.#timer = setInterval(() => {
      for (const feed of this.#feeds) feed.tick()
    }, tickMs)
  }

  /** Ends every feed. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#feeds.map((feed) => feed.stop()))
  }

  status(): FeedsResponse['feeds'] {
    return this.#feeds.map((feed) => feed.status)
  }

  /** Ids of the processes that run. */
  get pids(): readonly number[] {
    return this.#feeds.flatMap(({ pid }) => pid ?? [])
  }

  /** Degraded when any feed is: predictions go on with what the caller brings, and features tell that they are stale. */
  health(): HealthCheck {
    const ill = this.status().filter(({ healthy }) => !healthy)
    if (ill.length > 0)
      return {
        status: 'degraded',
        detail: ill
          .map(({ exchange, detail }) => `${exchange}: ${detail}`)
          .join('; ')
          .slice(0, 500),
      }
    return { status: 'healthy', detail: this.#feeds.map(({ settings }) => settings.exchange).join(', ') }
  }
}
