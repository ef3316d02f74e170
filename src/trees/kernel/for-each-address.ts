import type { FunctionBody } from '../../wasm/function-body.ts'

/** Runs `each` for `cursor` = from, from + step, ... until it equals `to`, which must be one of them; not at all if from = to. */
export function forEachAddress(
  body: FunctionBody,
  { cursor, from, to, step }: { cursor: number; from: number; to: number; step: number },
  each: () => void,
): void {
  if (from === to) return
  body
    .i32(from)
    .set(cursor)
    .loop((again) => {
      each()
      again.get(cursor).i32(step).op('i32.add').tee(cursor).i32(to).op('i32.ne').brIf(0)
    })
}
