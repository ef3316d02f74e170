import { ByteWriter } from './byte-writer.ts'
import { writeSigned, writeUnsigned } from './leb128.ts'
import { memoryOpcodes, plainOpcodes, shapedOpcodes, valueType, type MemoryOpcode, type PlainOpcode, type ValueType } from './opcodes.ts'

/** Parameter and result types of a function. */
export type Signature = { readonly params: readonly ValueType[]; readonly results: readonly ValueType[] }

const emptyBlockType = 0x40
type Block = 'block' | 'loop'

/** One function, written instruction by instruction in stack order. Misuse that it can see (unknown local, block left open, wrong lane count) is a RangeError at once; types are left to WebAssembly.validate. */
export class FunctionBody {
  readonly signature: Signature
  readonly #code = new ByteWriter()
  readonly #locals: ValueType[] = []
  readonly #open: Block[] = []

  constructor(signature: Signature) {
    this.signature = signature
  }

  /** A new local variable; its index. */
  local(type: ValueType): number {
    this.#locals.push(type)
    return this.signature.params.length + this.#locals.length - 1
  }

  op(...names: readonly PlainOpcode[]): this {
    for (const name of names) this.#opcode(plainOpcodes[name])
    return this
  }
  get(...locals: readonly number[]): this {
    for (const index of locals) this.#onLocal('local.get', index)
    return this
  }
  set(index: number): this {
    return this.#onLocal('local.set', index)
  }
  tee(index: number): this {
    return this.#onLocal('local.tee', index)
  }
  i32(value: number): this {
    this.#opcode(shapedOpcodes['i32.const'])
    writeSigned(this.#code, value)
    return this
  }
  f64(value: number): this {
    this.#opcode(shapedOpcodes['f64.const'])
    this.#code.append(new Uint8Array(Float64Array.of(value).buffer))
    return this
  }
  /** A vector constant of 16 bytes. */
  bytes16(bytes: readonly number[]): this {
    return this.#sixteen('v128.const', bytes, 256)
  }
  /** Picks 16 bytes from two vectors: 0-15 of the first, 16-31 of the second. */
  shuffle(lanes: readonly number[]): this {
    return this.#sixteen('i8x16.shuffle', lanes, 32)
  }
  extractI32Lane(lane: number): this {
    return this.#onLane('i32x4.extract_lane', lane, 4)
  }
  extractF64Lane(lane: number): this {
    return this.#onLane('f64x2.extract_lane', lane, 2)
  }
  replaceF64Lane(lane: number): this {
    return this.#onLane('f64x2.replace_lane', lane, 2)
  }
  /** A load or store at the address on the stack plus `offset`. */
  memory(name: MemoryOpcode, offset = 0): this {
    const { code, align } = memoryOpcodes[name]
    this.#opcode(code)
    writeUnsigned(this.#code, align)
    writeUnsigned(this.#code, offset)
    return this
  }
  /** Calls a function of the same module by its index. */
  call(index: number): this {
    this.#opcode(shapedOpcodes.call)
    writeUnsigned(this.#code, index)
    return this
  }

  /** Writes `inside` within a block without values: br 0 leaves it. */
  block(inside: (body: this) => void): this {
    return this.#enclosed('block', inside)
  }
  /** Writes `inside` within a loop without values: br 0 starts it again. */
  loop(inside: (body: this) => void): this {
    return this.#enclosed('loop', inside)
  }
  br(depth: number): this {
    return this.#branch('br', depth)
  }
  brIf(depth: number): this {
    return this.#branch('br_if', depth)
  }

  /** The function as the code section holds it. Throws RangeError while a block is open. */
  encode(): Uint8Array {
    if (this.#open.length > 0) throw new RangeError(`${this.#open.length} blocks are still open`)
    const body = new ByteWriter()
    writeUnsigned(body, this.#locals.length)
    for (const type of this.#locals) {
      writeUnsigned(body, 1)
      body.push(valueType[type])
    }
    body.append(this.#code.toBytes())
    body.push(shapedOpcodes.end)
    return body.toBytes()
  }

  #opcode(code: number): void {
    if (code < 0x100) {
      this.#code.push(code)
      return
    }
    this.#code.push(code >> 16)
    writeUnsigned(this.#code, code & 0xffff)
  }
  #onLocal(name: 'local.get' | 'local.set' | 'local.tee', index: number): this {
    const count = this.signature.params.length + this.#locals.length
    if (!Number.isInteger(index) || index < 0 || index >= count) throw new RangeError(`local ${index} is not one of ${count}`)
    this.#opcode(shapedOpcodes[name])
    writeUnsigned(this.#code, index)
    return this
  }
  #sixteen(name: 'v128.const' | 'i8x16.shuffle', values: readonly number[], below: number): this {
    if (values.length !== 16 || values.some((value) => !Number.isInteger(value) || value < 0 || value >= below))
      throw new RangeError(`${name} takes 16 whole numbers below ${below}`)
    this.#opcode(shapedOpcodes[name])
    this.#code.append(values)
    return this
  }
  #onLane(name: 'i32x4.extract_lane' | 'f64x2.extract_lane' | 'f64x2.replace_lane', lane: number, lanes: number): this {
    if (!(lane >= 0 && lane < lanes)) throw new RangeError(`lane ${lane} is not one of ${lanes}`)
    this.#opcode(shapedOpcodes[name])
    this.#code.push(lane)
    return this
  }
  #enclosed(kind: Block, inside: (body: this) => void): this {
    this.#opcode(shapedOpcodes[kind])
    this.#code.push(emptyBlockType)
    this.#open.push(kind)
    inside(this)
    this.#open.pop()
    this.#opcode(shapedOpcodes.end)
    return this
  }
  #branch(name: 'br' | 'br_if', depth: number): this {
    if (!Number.isInteger(depth) || depth < 0 || depth > this.#open.length) throw new RangeError(`branch depth ${depth}: ${this.#open.length} blocks are open`)
    this.#opcode(shapedOpcodes[name])
    writeUnsigned(this.#code, depth)
    return this
  }
}
