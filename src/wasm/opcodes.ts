/** Value types, as the binary format writes them (WebAssembly core specification 5.3). */
export const valueType = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const
/** The name of a value type. */
export type ValueType = keyof typeof valueType

/** Vector instructions have the prefix byte 0xfd and a LEB128 number; here prefix * 0x10000 + number. */
const vector = (number: number): number => 0xfd_0000 + number
/** Saturating truncations have the prefix byte 0xfc. */
const saturating = (number: number): number => 0xfc_0000 + number

/** Instructions without immediates. */
export const plainOpcodes = {
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  'i32.eqz': 0x45,
  'i32.eq': 0x46,
  'i32.ne': 0x47,
  'i32.lt_u': 0x49,
  'i32.le_u': 0x4d,
  'i32.ctz': 0x68,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32.rem_u': 0x70,
  'i32.and': 0x71,
  'i32.or': 0x72,
  'i32.xor': 0x73,
  'i32.shl': 0x74,
  'i32.shr_u': 0x76,
  'f64.eq': 0x61,
  'f64.ne': 0x62,
  'f64.lt': 0x63,
  'f64.le': 0x65,
  'f64.abs': 0x99,
  'f64.add': 0xa0,
  'f64.sub': 0xa1,
  'f64.mul': 0xa2,
  'i64.and': 0x83,
  'i64.shl': 0x86,
  'i64.eqz': 0x50,
  'i64.extend_i32_u': 0xad,
  'f32.add': 0x92,
  'f32.demote_f64': 0xb6,
  'f64.promote_f32': 0xbb,
  'i32.trunc_sat_f64_s': saturating(2),
  'i8x16.swizzle': vector(0x0e),
  'i8x16.splat': vector(0x0f),
  'f64x2.splat': vector(0x14),
  'i8x16.eq': vector(0x23),
  'i8x16.ne': vector(0x24),
  'i8x16.lt_s': vector(0x25),
  'i8x16.gt_s': vector(0x27),
  'f64x2.eq': vector(0x47),
  'f64x2.lt': vector(0x49),
  'f64x2.le': vector(0x4b),
  'v128.and': vector(0x4e),
  'v128.andnot': vector(0x4f),
  'v128.or': vector(0x50),
  'v128.xor': vector(0x51),
  'v128.bitselect': vector(0x52),
  'i8x16.bitmask': vector(0x64),
  'i8x16.shr_u': vector(0x6d),
  'i8x16.add': vector(0x6e),
  'i8x16.sub': vector(0x71),
  'i8x16.min_u': vector(0x77),
  'i8x16.max_u': vector(0x79),
  'i64x2.add': vector(0xce),
  'f64x2.abs': vector(0xec),
  'f64x2.add': vector(0xf0),
  'f64x2.sub': vector(0xf1),
  'f64x2.mul': vector(0xf2),
  'f64x2.div': vector(0xf3),
  'f64x2.pmin': vector(0xf6),
  'f64x2.pmax': vector(0xf7),
  'i8x16.relaxed_swizzle': vector(0x100),
  'i8x16.relaxed_laneselect': vector(0x109),
} as const satisfies Record<string, number>
/** The name of an instruction without immediates. */
export type PlainOpcode = keyof typeof plainOpcodes

/** Memory instructions with the base-2 logarithm of their natural alignment. */
export const memoryOpcodes = {
  'i32.load': { code: 0x28, align: 2 },
  'i64.load': { code: 0x29, align: 3 },
  'f64.load': { code: 0x2b, align: 3 },
  'i32.load8_u': { code: 0x2d, align: 0 },
  'i32.load16_u': { code: 0x2f, align: 1 },
  'i32.store': { code: 0x36, align: 2 },
  'i64.store': { code: 0x37, align: 3 },
  'f64.store': { code: 0x39, align: 3 },
  'i32.store8': { code: 0x3a, align: 0 },
  'v128.load': { code: vector(0x00), align: 4 },
  'v128.load8_splat': { code: vector(0x07), align: 0 },
  'v128.store': { code: vector(0x0b), align: 4 },
} as const satisfies Record<string, { code: number; align: number }>
/** The name of a memory instruction. */
export type MemoryOpcode = keyof typeof memoryOpcodes

/** Instructions with immediates of their own shapes. */
export const shapedOpcodes = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  br: 0x0c,
  br_if: 0x0d,
  call: 0x10,
  'local.get': 0x20,
  'local.set': 0x21,
  'local.tee': 0x22,
  'i32.const': 0x41,
  'f64.const': 0x44,
  'v128.const': vector(0x0c),
  'i8x16.shuffle': vector(0x0d),
  'i32x4.extract_lane': vector(0x1b),
  'f64x2.extract_lane': vector(0x21),
  'f64x2.replace_lane': vector(0x22),
} as const satisfies Record<string, number>
