import type { FunctionBody } from '../../wasm/function-body.ts'
import { forEachAddress } from './for-each-address.ts'

/** Where raw scores are summed: `outputs` float64 numbers at `out`, their first addends at `base`. */
export type SumSource = { readonly out: number; readonly base: number; readonly outputs: number; readonly roundSums: boolean }

/** Adds the two numbers on the stack; rounding the float64 sum of two float32 numbers gives their float32 sum (Figueroa, "When is double rounding innocuous?", 1995). */
export function addRounded(body: FunctionBody, roundSums: boolean): FunctionBody {
  body.op('f64.add')
  return roundSums ? body.op('f32.demote_f64', 'f64.promote_f32') : body
}

/** Sets every sum to its first addend. */
export function resetSums(body: FunctionBody, { out, base, outputs }: SumSource): void {
  const at = body.local('i32')
  forEachAddress(body, { cursor: at, from: 0, to: outputs * 8, step: 8 }, () => body.get(at, at).memory('f64.load', base).memory('f64.store', out))
}

/** Code that sums leaves in tree order. Where there is one output its sum stays in a register from `begin` to `end`; several take turns in memory. */
export class RunningSums {
  readonly #body: FunctionBody
  readonly #source: SumSource
  /** The address of the sum whose turn it is. */
  readonly #turn: number
  readonly #sum: number

  constructor(body: FunctionBody, source: SumSource) {
    this.#body = body
    this.#source = source
    this.#turn = body.local('i32')
    this.#sum = body.local('f64')
  }

  /** The next tree is the one whose number is in a local variable. */
  start(tree: number): void {
    const { out, outputs } = this.#source
    this.#body.get(tree).i32(outputs).op('i32.rem_u').i32(3).op('i32.shl').i32(out).op('i32.add').set(this.#turn)
  }

  begin(): void {
    if (this.#source.outputs === 1) this.#body.get(this.#turn).memory('f64.load').set(this.#sum)
  }

  /** Adds what `pushLeaf` leaves on the stack to the next sum. */
  add(pushLeaf: () => void): void {
    const { out, outputs, roundSums } = this.#source
    const [body, turn] = [this.#body, this.#turn]
    if (outputs === 1) {
      body.get(this.#sum)
      pushLeaf()
      addRounded(body, roundSums).set(this.#sum)
      return
    }
    body.get(turn, turn).memory('f64.load')
    pushLeaf()
    addRounded(body, roundSums).memory('f64.store')
    body.i32(out).get(turn).i32(8).op('i32.add').tee(turn).get(turn)
    body
      .i32(out + outputs * 8)
      .op('i32.eq', 'select')
      .set(turn)
  }

  end(): void {
    if (this.#source.outputs === 1) this.#body.get(this.#turn, this.#sum).memory('f64.store')
  }
}
