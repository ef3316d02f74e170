import type { Counter, Histogram, Meter } from '../contracts/meter.ts'

/** Requests and their time by route and status; label sets are bounded by the routes and the error table. */
export class RequestMeter {
  readonly #meter: Meter
  readonly #counters = new Map<string, Map<number, Counter>>()
  readonly #times = new Map<string, Histogram>()
  constructor(meter: Meter) {
    this.#meter = meter
  }

  observe(route: string, status: number, seconds: number): void {
    const byStatus = this.#counters.get(route) ?? this.#open(route)
    let counter = byStatus.get(status)
    if (counter === undefined) {
      counter = this.#meter.counter('http_requests_total', { route, status: String(status) })
      byStatus.set(status, counter)
    }
    counter.add()
    this.#times.get(route)?.observe(seconds)
  }

  #open(route: string): Map<number, Counter> {
    const byStatus = new Map<number, Counter>()
    this.#counters.set(route, byStatus)
    this.#times.set(route, this.#meter.histogram('http_request_seconds', { route }))
    return byStatus
  }
}
