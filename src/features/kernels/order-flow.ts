import type { FlowField } from '../../contracts/flow.ts'
import { type Kernel, ofBar, type StepInput } from './kernel.ts'
import { type RollingSum, rollingSum } from './rolling-sum.ts'

const within = (value: number): number => Math.max(-1, Math.min(1, value))

/** Sum of the last `length` values, of which some may not have been observed (NaN): it is NaN as long as one of those is among them. */
function observedSum(length: number, from = 0): Pick<RollingSum, 'end' | 'push' | 'sum'> {
  const values = rollingSum(length, { from })
  const absent = rollingSum(length, { from: values.end })
  return {
    end: absent.end,
    push(state, value, when) {
      const isAbsent = Number.isNaN(value)
      values.push(state, isAbsent ? 0 : value, when)
      absent.push(state, Number(isAbsent), when)
    },
    sum: (state) => (absent.sum(state) === 0 ? values.sum(state) : NaN),
  }
}

/** Sum of a number over the last `length` bars, as `scale` makes it a value. */
function sumKernel(field: FlowField, length: number, scale: (sum: number, input: StepInput) => number): Kernel {
  const values = observedSum(length)
  return {
    size: values.end,
    outputs: 1,
    step(state, input, out) {
      values.push(state, input.flow[field], input)
      out[0] = input.run < length ? NaN : scale(values.sum(state), input)
    },
  }
}

/** What takers bought less what they sold, over the volume, by what the sender of the bar says; none while nothing was traded. */
export const takerImbalance = ofBar(({ flow, volume }) => (volume > 0 ? within((2 * flow.takerBuyVolume - volume) / volume) : NaN))

/** Outputs: what takers bought less what they sold in the last `length` bars, over both; and the same with each bar's difference taken without its sign. None while nothing was traded. */
export function tradeBalanceKernel(length: number): Kernel {
  const net = observedSum(length)
  const gross = observedSum(length, net.end)
  const total = observedSum(length, gross.end)
  return {
    size: total.end,
    outputs: 2,
    step(state, input, out) {
      const { buyVolume, sellVolume } = input.flow
      net.push(state, buyVolume - sellVolume, input)
      gross.push(state, Math.abs(buyVolume - sellVolume), input)
      total.push(state, buyVolume + sellVolume, input)
      const traded = input.run < length ? NaN : total.sum(state)
      out[0] = traded > 0 ? within(net.sum(state) / traded) : NaN
      out[1] = traded > 0 ? within(gross.sum(state) / traded) : NaN
    },
  }
}

/** Trades per second in the last `length` bars. */
export const tradeRateKernel = (length: number): Kernel =>
  sumKernel('trades', length, (sum, { closeTime, openTime }) => (1_000 * sum) / (length * (closeTime - openTime)))

/** Sum of the order-flow imbalance of the last `length` bars. */
export const imbalanceOfFlowKernel = (length: number): Kernel => sumKernel('ofi', length, (sum) => sum)

/** Mean over the last `length` bars of their spread, in bps, averaged by time. */
export const meanSpreadKernel = (length: number): Kernel => sumKernel('meanSpread', length, (sum) => sum / length)

const midOf = ({ flow: { bid, ask } }: StepInput): number => (bid + ask) / 2

/** Middle between the best bid and the best ask. */
export const mid = ofBar(midOf)

/** Distance of the best ask from the best bid, in bps of the mid price. */
export const spread = ofBar((input) => (1e4 * (input.flow.ask - input.flow.bid)) / midOf(input))

/** Distance of the mean of bid and ask, each weighted by the size on the other side, from their middle, in bps of it. */
export const microprice = ofBar((input) => {
  const { bid, ask, bidSize, askSize } = input.flow
  return (1e4 * (((ask - bid) / 2) * ((bidSize - askSize) / (bidSize + askSize)))) / midOf(input)
})

/** Size on the side of the bids less that on the side of the asks, over both. */
export const depthImbalance = (bids: FlowField, asks: FlowField): Kernel => ofBar(({ flow }) => (flow[bids] - flow[asks]) / (flow[bids] + flow[asks]))

/** A number of the bar's order flow as it is. */
export const flowField = (field: FlowField): Kernel => ofBar(({ flow }) => flow[field])

/** Minutes from the close of a bar to the payment of the funding rate that was known then. */
export const minutesToFunding = ofBar(({ flow, closeTime }) => (Number.isNaN(flow.fundingRate) ? NaN : (flow.nextFundingTime - closeTime) / 60_000))

/** Seconds from a moment that the bar knows of to its close. */
export const ageAtClose = (field: FlowField): Kernel => ofBar(({ flow, closeTime }) => (closeTime - flow[field]) / 1_000)
