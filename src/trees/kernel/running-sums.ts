import type { FunctionBody } from '../../wasm/function-body.ts'
import { forEachAddress } from './for-each-address.ts'

/** Where raw scores are summed: `outputs` float64 numbers at `out`, their first addends at `base`. Leaves have one value, or one for every output. */
export type SumSource = { readonly out: number; readonly base: number; readonly outputs: number; readonly leafWidth: number; readonly roundSums: boolean }

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

/** Code that sums leaves in tree order. Where there is one output its sum stays in a register from `begin` to `end`; several take turns in memory, or all get a value of each leaf. */
export class RunningSums {
  readonly #body: FunctionBody
  readonly #source: SumSource
  /** The address of the sum whose turn it is. */
  readonly #turn: number
  readonly #sum: number
  /** The address of the next of a leaf's values. */
  readonly #value: number

  constructor(body: FunctionBody, source: SumSource) {
    this.#body = body
    this.#source = source
    this.#turn = body.local('i32')
    this.#sum = body.local('f64')
    this.#value = body.local('i32')
  }

  /** The next tree is the one whose number is in a local variable. */
  start(tree: number): void {
    const { out, outputs, leafWidth } = this.#source
    if (leafWidth > 1) return
    this.#body.get(tree).i32(outputs).op('i32.rem_u').i32(3).op('i32.shl').i32(out).op('i32.add').set(this.#turn)
  }

  begin(): void {
    if (this.#source.outputs === 1) this.#body.get(this.#turn).memory('f64.load').set(this.#sum)
  }

  /** Adds a leaf, whose address `pushLeaf` leaves on the stack, to the sum whose turn it is, or its values to all. */
  add(pushLeaf: () => void): void {
    const { out, outputs, leafWidth, roundSums } = this.#source
    const [body, turn] = [this.#body, this.#turn]
    if (leafWidth > 1) {
      this.#addToAll(pushLeaf)
      return
    }
    if (outputs === 1) {
      body.get(this.#sum)
      pushLeaf()
      addRounded(body.memory('f64.load'), roundSums).set(this.#sum)
      return
    }
    body.get(turn, turn).memory('f64.load')
    pushLeaf()
    addRounded(body.memory('f64.load'), roundSums).memory('f64.store')
    body.i32(out).get(turn).i32(8).op('i32.add').tee(turn).get(turn)
    body
      .i32(out + outputs * 8)
      .op('i32.eq', 'select')
      .set(turn)
  }

  #addToAll(pushLeaf: () => void): void {
    const { out, outputs, roundSums } = this.#source
    const [body, turn, value] = [this.#body, this.#turn, this.#value]
    pushLeaf()
    body.set(value)
    forEachAddress(body, { cursor: turn, from: out, to: out + outputs * 8, step: 8 }, () => {
      addRounded(body.get(turn, turn).memory('f64.load').get(value).memory('f64.load'), roundSums).memory('f64.store')
      body.get(value).i32(8).op('i32.add').set(value)
    })
  }

  end(): void {
    if (this.#source.outputs === 1) this.#body.get(this.#turn, this.#sum).memory('f64.store')
  }
}
