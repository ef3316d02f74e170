import { FunctionBody } from './function-body.ts'
import { wasmHost } from './host.ts'
import { encodeModule } from './module.ts'
import type { PlainOpcode } from './opcodes.ts'

const zero: readonly number[] = Array.from({ length: 16 }, () => 0)

function accepts(swizzle: PlainOpcode): boolean {
  const body = new FunctionBody({ params: [], results: ['v128'] }).bytes16(zero).bytes16(zero).op(swizzle)
  return wasmHost.validate(encodeModule({ functions: [{ body }], memory: { module: 'e', name: 'm', pages: 1 } }))
}

/** Which vector instructions the engine that runs this accepts: none, the 128-bit ones, or the relaxed ones too. */
export function simdSupport(): 'none' | 'strict' | 'relaxed' {
  if (accepts('i8x16.relaxed_swizzle')) return 'relaxed'
  return accepts('i8x16.swizzle') ? 'strict' : 'none'
}
