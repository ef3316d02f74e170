/** State of one part: `degraded` parts still do their work by a second way. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy'

/** What one part says of itself; `detail` is for operators and holds no secrets or paths. */
export type HealthCheck = { readonly status: HealthStatus; readonly detail: string }

/** A part that can be asked; answers at once, from what it already knows. */
export type HealthProbe = () => HealthCheck
