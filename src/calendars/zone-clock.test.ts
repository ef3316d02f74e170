import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayMs } from './day.ts'
import { ZoneClock } from './zone-clock.ts'

const [from, until] = [Date.UTC(2019, 0, 1), Date.UTC(2025, 0, 1)]
const minuteMs = 60_000

/** The wall clock of a zone by Intl alone: slow, and plain. */
function wallOf(timeZone: string): (utc: number) => number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  return (utc) => Date.parse(`${format.format(utc).replace(' ', 'T')}Z`)
}

/** Days of UTC in which the clock is changed. */
function changes(wall: (utc: number) => number): number[] {
  const days = Array.from({ length: (until - from) / dayMs }, (_, i) => from + i * dayMs)
  return days.filter((day) => wall(day + dayMs) - wall(day) !== dayMs)
}

for (const zone of ['America/New_York', 'Europe/London', 'Africa/Casablanca', 'Africa/Cairo', 'Asia/Gaza', 'Australia/Lord_Howe', 'Pacific/Apia'])
  test(`around every change in ${zone} a moment is the first at which the wall shows its time or a later one, and no later time has an earlier moment`, () => {
    const [clock, wall] = [new ZoneClock(zone, { from: from - dayMs, until }), wallOf(zone)]
    const days = changes(wall)
    assert.ok(days.length >= 4)
    for (const day of days) {
      let before = -Infinity
      for (let local = wall(day) - dayMs / 4; local < wall(day) + dayMs + dayMs / 4; local += 15 * minuteMs) {
        const utc = clock.utcOf(local)
        assert.ok(wall(utc) >= local && wall(utc - minuteMs) < local, new Date(local).toISOString())
        assert.ok(utc >= before, new Date(local).toISOString())
        before = utc
      }
    }
  })
