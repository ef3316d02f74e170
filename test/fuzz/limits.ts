import { oneOf, type Draw } from './random.ts'

/** Numbers at which readers change their minds: signs, zero, powers of two, the ends of integer and float types, words that are nearly numbers. */
export const limitNumbers: readonly string[] = [
  ...'0 -0 1 -1 +1 2 3 0.5 -2 7 8 12 31 32 33 63 64 254 255 256 512 513 65535 65536 100000 1000000'.split(' '),
  ...'2147483647 -2147483648 2147483648 4294967295 4294967296 9007199254740993 99999999999999999999'.split(' '),
  ...'1e-35 -1e-36 1.0000000180025095e-35 1.0000000180025097e-35 5e-324 -5e-324 1e-46 3.5e38 1e308 -1e308 1e999 -1e999'.split(' '),
  ...'nan -nan NaN inf -inf +inf Infinity - + . 1. .5 1e 1e+ 0x10 1_000 1,5 true null ١ é'.split(' '),
  '',
  '\u0000',
  '9'.repeat(400),
  `0.${'0'.repeat(400)}1`,
]

/** A number near another one: a step away, another sign, ten times, or a limit. */
export function changedNumber(draw: Draw, word: string): string {
  const value = Number(word)
  const changes = [
    () => String(value + 1),
    () => String(value - 1),
    () => String(-value),
    () => String(~value),
    () => `${word}${draw(10)}`,
    () => word.slice(0, -1),
    () => String(draw(40) - 8),
    () => oneOf(draw, limitNumbers),
  ]
  return oneOf(draw, changes)()
}
