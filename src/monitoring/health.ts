import type { HealthCheck, HealthProbe, HealthStatus } from '../contracts/health.ts'
import type { Clock } from '../contracts/ports.ts'

/** The parts that a health report can have, in its order. */
export const healthParts = ['api', 'models', 'database', 'cache', 'features', 'feeds', 'history', 'events'] as const
/** One of `healthParts`. */
export type HealthPart = (typeof healthParts)[number]
/** Probes of the parts that exist. */
export type Probes = Readonly<Partial<Record<HealthPart, HealthProbe>>>

/** The specification's health check, with what each part says of itself. */
export type HealthReport = {
  readonly status: HealthStatus
  readonly version: string
  readonly uptime_s: number
  readonly checks: Readonly<Partial<Record<HealthPart, HealthCheck>>>
}
/** The same for callers without the scope for details. */
export type PublicHealthReport = Omit<HealthReport, 'checks'> & { readonly checks: Readonly<Partial<Record<HealthPart, HealthStatus>>> }

/** Without these nothing can be answered; the others have a second way. */
const essential: readonly HealthPart[] = ['api', 'models']
const keptMs = 1_000

/** Asks every part how it is, at most once a second: unhealthy when an essential part is, degraded when any part is not healthy. */
export class Health {
  readonly #probes: Probes
  readonly #version: string
  readonly #clock: Clock
  readonly #started: number
  #kept: { readonly at: number; readonly status: HealthStatus; readonly checks: HealthReport['checks'] } | undefined
  constructor({ probes, version, clock }: { readonly probes: Probes; readonly version: string; readonly clock: Clock }) {
    this.#probes = probes
    this.#version = version
    this.#clock = clock
    this.#started = clock.monotonic()
  }

  /** The report with details, for operators. */
  report(): HealthReport {
    const now = this.#clock.monotonic()
    if (!this.#kept || now - this.#kept.at >= keptMs) this.#kept = { at: now, ...this.#ask() }
    const { status, checks } = this.#kept
    return { status, version: this.#version, uptime_s: Math.floor((now - this.#started) / 1000), checks }
  }

  /** The report without details. */
  publicReport(): PublicHealthReport {
    const report = this.report()
    return { ...report, checks: Object.fromEntries(Object.entries(report.checks).map(([part, { status }]) => [part, status])) }
  }

  #ask(): { status: HealthStatus; checks: HealthReport['checks'] } {
    const checks: Partial<Record<HealthPart, HealthCheck>> = {}
    let status: HealthStatus = 'healthy'
    for (const part of healthParts) {
      const probe = this.#probes[part]
      if (!probe) continue
      const check = ask(probe)
      checks[part] = check
      if (check.status === 'unhealthy' && essential.includes(part)) status = 'unhealthy'
      else if (check.status !== 'healthy' && status === 'healthy') status = 'degraded'
    }
    return { status, checks }
  }
}

function ask(probe: HealthProbe): HealthCheck {
  try {
    return probe()
  } catch {
    return { status: 'unhealthy', detail: 'the check itself failed' }
  }
}
