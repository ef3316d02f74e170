import type { ContestModel } from './models.ts'

/** What a model has to reach, as multiples of LightGBM's own C interface. */
export type Goals = { readonly single: number; readonly batch: number; readonly explain: number }

/** The goals of a model by its size. */
export function goalsOf({ leaves, features }: ContestModel): Goals {
  if (leaves <= 64 && features <= 64) return { single: 10, batch: 14, explain: 3 }
  if (leaves <= 127 && features <= 120) return { single: 5, batch: 10, explain: 3 }
  return { single: 2.5, batch: 8, explain: 3 }
}

/** The longest that loads may take, in ms, by model; others have no goal. */
export const loadGoalsMs: Readonly<Record<string, number>> = { '500x31': 250, '1000x255': 1500 }
/** How much slower the 99th percentile of the first 100 calls after a swap may be than that of later ones. */
export const swapGoal = 2
/** How far the memory that a model reports may be from what the process grows by. */
export const memoryGoal = 0.3

/** A figure beside its goal, e.g. `11.3x (goal 10x)`, with a mark where it is missed. */
export const beside = (figure: number, goal: number): string => `${figure.toFixed(1)}x (goal ${goal}x${figure < goal ? ', missed' : ''})`
