import type { Calendar } from '../contracts/bar.ts'
import { ServingError } from '../contracts/error.ts'
import { meant } from '../contracts/nearest-names.ts'
import { type Timeframe, timeframes } from '../contracts/timeframe.ts'
import { builtInRules } from './built-in.ts'
import { anyPeriod, everyPeriod, type Periods } from './periods.ts'
import { SessionPeriods } from './session-periods.ts'
import { makeSessions, type Sessions } from './sessions.ts'

/** Calendars without sessions. */
const plain: ReadonlyMap<Calendar, (barMs: number) => Periods> = new Map([
  ['continuous', everyPeriod],
  ['as_received', anyPeriod],
])

/** Every calendar by name: those that are built in, and those of an operator, which come before one of the same name. A table of sessions is made when it is first asked for. */
export class Calendars {
  readonly #sessions = new Map<Calendar, () => Sessions>(Object.entries(builtInRules).map(([name, rules]) => [name, once(() => makeSessions(rules()))]))
  readonly #periods = new Map<string, Periods>()
  constructor(own: readonly Sessions[] = []) {
    for (const sessions of own) this.#sessions.set(sessions.name, () => sessions)
  }

  /** Names of calendars with sessions. */
  get sessionNames(): Calendar[] {
    return [...this.#sessions.keys()]
  }

  /** The sessions of a calendar; undefined for one that has none. Throws `validation_failed` for a name that is none. */
  sessions(name: Calendar): Sessions | undefined {
    const make = this.#sessions.get(name)
    if (make === undefined && !plain.has(name)) throw this.#unknown(name)
    return make?.()
  }

  /** The periods of a timeframe. Throws `validation_failed` for a name that is none, and for days where sessions of one day lie in two days of UTC. */
  periods(name: Calendar, timeframe: Timeframe): Periods {
    const known = this.#periods.get(`${name} ${timeframe}`)
    if (known !== undefined) return known
    const sessions = this.sessions(name)
    if (timeframe === '1d' && sessions?.splitsDays === true)
      throw new ServingError('validation_failed', `The sessions of ${name} go on over midnight UTC, so they have no 1d bars: use 12h or shorter ones`)
    const barMs = timeframes[timeframe]
    const periods = sessions ? new SessionPeriods(sessions, barMs) : (plain.get(name) as (barMs: number) => Periods)(barMs)
    this.#periods.set(`${name} ${timeframe}`, periods)
    return periods
  }

  #unknown(name: string): ServingError {
    const names = [...plain.keys(), ...this.#sessions.keys()]
    const rule = `must be one of ${names.join(', ')}${meant(name, names, 1)}`
    const got = name.slice(0, 100).toWellFormed()
    return new ServingError('validation_failed', `The calendar ${JSON.stringify(got)} is not there: it ${rule}`, {
      places: [{ pointer: '/calendar', rule, got }],
    })
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => (made ??= { value: make() }).value
}

/** The calendars that are built in, for whoever has no others. */
export const builtInCalendars = new Calendars()
