import { at, type Kernel, ofBar } from './kernel.ts'
import { ring } from './ring.ts'

/** The close over the partner's of the same bar, minus one. */
export const premium = ofBar(({ close, partnerClose }) => (close - partnerClose) / partnerClose)

/** Natural logarithm of the close over the partner's of the same bar, in bps. */
export const logDistance = ofBar(({ close, partnerClose }) => 1e4 * Math.log1p((close - partnerClose) / partnerClose))

/** Outputs: slope of the last `length` log returns on the partner's of the same bars (none while those are equal), and their correlation (none while either are). O(length). */
export function coMovementKernel(length: number): Kernel {
  const own = ring(length)
  const partner = ring(length, own.end)
  const [previous, previousPartner] = [partner.end, partner.end + 1]
  return {
    size: previousPartner + 1,
    outputs: 2,
    step(state, { close, partnerClose, run }, out) {
      if (run > 1) {
        own.put(state, Math.log(close / at(state, previous)), run - 1)
        partner.put(state, Math.log(partnerClose / at(state, previousPartner)), run - 1)
      }
      state[previous] = close
      state[previousPartner] = partnerClose
      out.fill(NaN)
      if (run <= length) return
      let [sumOwn, sumPartner] = [0, 0]
      for (let i = 0, slot = own.oldest(run - 1); i < length; i++, slot = own.next(slot)) {
        sumOwn += at(state, slot)
        sumPartner += at(state, length + slot)
      }
      let [ownSquares, partnerSquares, products] = [0, 0, 0]
      for (let i = 0, slot = own.oldest(run - 1); i < length; i++, slot = own.next(slot)) {
        const [a, b] = [at(state, slot) - sumOwn / length, at(state, length + slot) - sumPartner / length]
        ownSquares += a * a
        partnerSquares += b * b
        products += a * b
      }
      if (partnerSquares > 0) out[0] = products / partnerSquares
      if (partnerSquares > 0 && ownSquares > 0) out[1] = Math.max(-1, Math.min(1, products / Math.sqrt(ownSquares * partnerSquares)))
    },
  }
}
