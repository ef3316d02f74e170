/** What is known when the last of `workers` becomes free: rows at hand, the rows that will have come 1, 2, … ms from now, the ms that a call of some rows takes. */
export type Load = { readonly rows: number; readonly coming: readonly number[]; readonly callMs: (rows: number) => number; readonly workers: number }

/**
 * Ms that all rows together save when the k at hand wait w ms for m others. Going now answers the k after S(k); the m find a free worker after S(k) / W and need S(m) more. Waiting answers all
 * after w + S(k + m). When the m come within w is the same in both and falls out.
 */
export function savedMs({ rows, callMs, workers }: Load, waitMs: number, more: number): number {
  const apart = rows * callMs(rows) + more * (callMs(rows) / workers + callMs(more))
  return apart - (rows + more) * (waitMs + callMs(rows + more))
}

/** The whole ms for which to wait so that rows are answered earliest on average; 0 when no wait gains anything. */
export function bestWaitMs(load: Load): number {
  let best = 0
  let most = 0
  for (const [at, more] of load.coming.entries()) {
    const saved = savedMs(load, at + 1, more)
    if (saved <= most) continue
    most = saved
    best = at + 1
  }
  return best
}
