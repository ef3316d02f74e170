import type { ModuleFeature } from 'presage/feature'

/**
 * Kaufman's efficiency ratio: how straight the way of the close was over n bars, 1 for a straight line, near 0 for noise. A ring of the last n changes and its running sum would drift by rounding;
 * the sum is taken anew on every bar, so that a value depends on its own n + 1 closes and on nothing else.
 */
export const efficiency: ModuleFeature = {
  name: 'efficiency',
  parameters: [{ name: 'n', min: 2, max: 500, whole: true, usual: 10 }],
  summary: 'net change of the close over n bars, over the sum of its changes',
  formula: '|C - C[n]| / sum(|C - C[1]|, n)',
  source: 'Kaufman 1995',
  unit: 'ratio',
  cost: 'O(n)',
  flatWhen: 'no close has changed for n bars',
  inputs: ['close'],
  range: { min: 0, max: 1 },
  warmUp: ([n = 0]) => ({ first: n + 1, settled: n + 1 }),
  kernel([n = 0]) {
    return {
      // The last n + 1 closes: the one of bar k in slot k mod (n + 1).
      size: n + 1,
      outputs: 1,
      step(state, { close, run }, out) {
        const newest = (run - 1) % (n + 1)
        state[newest] = close
        out[0] = NaN
        if (run <= n) return
        const oldest = state[run % (n + 1)] ?? NaN
        let way = 0
        for (let k = 1; k <= n; k++) way += Math.abs((state[(run + k) % (n + 1)] ?? NaN) - (state[(run + k - 1) % (n + 1)] ?? NaN))
        // Rounding of the sum may leave it a hair below the net change of a straight line.
        if (way > 0) out[0] = Math.min(1, Math.abs(close - oldest) / way)
      },
    }
  },
}
