/** Work in steps of well under a millisecond: whoever has other things to do as well does them between two of them. Its value comes last. */
export type Steps<Value> = Generator<void, Value>

/** All steps, one after the other. */
export function atOnce<Value>(steps: Steps<Value>): Value {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
