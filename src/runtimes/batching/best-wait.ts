/** What is known when a worker is free: rows at hand, mean ms between rows, what a call costs, and the calls that can be computed at the same time. */
export type Load = { readonly rows: number; readonly intervalMs: number; readonly fixedMs: number; readonly rowMs: number; readonly workers: number }

/**
 * Ms for which the last free worker should wait for company, so that rows are answered earliest on average; 0 when waiting gains nothing.
 *
 * With S(n) = a + b n for a call of n rows: going now answers the k rows at hand after S(k), and m that come later find a free worker after S(k) / W, so they need S(k) / W + S(m).
 * Waiting w ms for them answers all after w + S(k + m). With m = w / i the sum of what all rows save is w / i x ((a + b k) / W - k (i + 2 b) - w), largest in the middle of its two zeros.
 */
export function bestWaitMs({ rows, intervalMs, fixedMs, rowMs, workers }: Load): number {
  return Math.max(0, ((fixedMs + rowMs * rows) / workers - rows * (intervalMs + 2 * rowMs)) / 2)
}
