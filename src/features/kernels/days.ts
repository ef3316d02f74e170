import { at, type Kernel, typicalPrice } from './kernel.ts'

/** Milliseconds of a day. */
export const dayMs = 86_400_000
const hourMs = 3_600_000
const hoursOfDay = 24

/** The close over the average typical price by volume since the UTC day in which the bar opened began, minus one; none until something was traded on it. */
export const vwapDayRatioKernel: Kernel = {
  size: 3,
  outputs: 1,
  step(state, input, out) {
    const [day, money, volume] = [0, 1, 2]
    const today = Math.floor(input.openTime / dayMs)
    if (today !== at(state, day)) state.set([today, 0, 0])
    state[money] = at(state, money) + typicalPrice(input) * input.volume
    state[volume] = at(state, volume) + input.volume
    out[0] = at(state, volume) === 0 ? NaN : (input.close * at(state, volume)) / at(state, money) - 1
  },
}

/** Sum of a ring of days, without the newest. */
function sumBefore(state: Float64Array, from: number, { newest, slots }: { readonly newest: number; readonly slots: number }): number {
  let sum = 0
  for (let age = slots - 1; age > 0; age--) sum += at(state, from + ((newest + slots - age) % slots))
  return sum
}

/** The volume over the mean volume of the bars that opened in the same hour of the day (UTC), on the last `days` days that had some; none while nothing was traded then. O(days). */
export function volumeByHourKernel(days: number): Kernel {
  const [day, seen, totals, counts] = [0, 1, 2, 3 + days]
  const slots = days + 1
  const width = 2 + 2 * slots
  return {
    size: hoursOfDay * width,
    outputs: 1,
    step(state, { openTime, volume }, out) {
      const from = (Math.floor(openTime / hourMs) % hoursOfDay) * width
      const today = Math.floor(openTime / dayMs)
      if (at(state, from + seen) === 0 || today !== at(state, from + day)) {
        state[from + day] = today
        state[from + seen] = at(state, from + seen) + 1
        state[from + totals + (at(state, from + seen) % slots)] = 0
        state[from + counts + (at(state, from + seen) % slots)] = 0
      }
      const known = at(state, from + seen)
      const total = sumBefore(state, from + totals, { newest: known, slots })
      const count = sumBefore(state, from + counts, { newest: known, slots })
      out[0] = known > days && total > 0 ? (volume * count) / total : NaN
      state[from + totals + (known % slots)] = at(state, from + totals + (known % slots)) + volume
      state[from + counts + (known % slots)] = at(state, from + counts + (known % slots)) + 1
    },
  }
}
