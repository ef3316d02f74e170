/** Work in steps of well under a millisecond: whoever has other things to do as well does them between two of them. Its value comes last. */
export type Steps<Value> = Generator<void, Value>

/** All steps, one after the other. */
export function atOnce<Value>(steps: Steps<Value>): Value {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** The steps; where they are given up before their end, or one of them throws, what was done before them is undone. */
export function* orUndo<Value>(steps: Steps<Value>, undo: () => void): Steps<Value> {
  let isDone = false
  try {
    const value = yield* steps
    isDone = true
    return value
  } finally {
    if (!isDone) undo()
  }
}
