import type { Ensemble } from '../../src/trees/ensemble.ts'
import { parseLightGbm } from '../../src/trees/lightgbm.ts'
import { modelText, stump } from '../../src/trees/model-text.test-data.ts'
import { ModelFormatError } from '../../src/trees/model-format-error.ts'
import type { FuzzedFormat } from './formats.ts'

const file = modelText([stump(), stump(), stump()])
const sound = (): Ensemble => parseLightGbm(file)
const kept: unknown[] = []
/** 80 kB of the engine's heap, of which a copy costs next to no CPU. */
const page = Array.from({ length: 10_000 }, Math.random)

function burn(ms: number): void {
  const spent = (): number => process.threadCpuUsage().user + process.threadCpuUsage().system
  const end = spent() + ms * 1000
  while (spent() < end) Array.from({ length: 10_000 }, Math.random)
}

/** An ensemble whose first addend grows whenever it is looked at, so that no two engines agree. */
function inconstant(): Ensemble {
  let looks = 0
  return {
    ...sound(),
    get base() {
      return Float64Array.of(looks++)
    },
  }
}

const parsers: Readonly<Record<string, () => Ensemble>> = {
  sound,
  throws: () => {
    throw new TypeError('planted')
  },
  vague: () => {
    throw new ModelFormatError('planted')
  },
  verbose: () => {
    throw new ModelFormatError('planted '.repeat(1000), { line: 1 })
  },
  slow: () => {
    burn(1050)
    return sound()
  },
  hungry: () => {
    kept.push(new Uint8Array(2 << 20))
    return sound()
  },
  wasteful: () => {
    for (let left = 2_000; left > 0; left -= 1) page.slice()
    return sound()
  },
  hangs: () => {
    for (;;) burn(100)
  },
  exhausts: () => {
    for (;;) kept.push(' '.repeat(1 << 20).split(''))
  },
  crashes: () => process.abort(),
  differs: inconstant,
}

/** Formats whose reader breaks the promise, each in one way, and one that keeps it. */
export const formats: readonly FuzzedFormat[] = Object.entries(parsers).map(([name, parse]) => ({
  name,
  seeds: () => [new TextEncoder().encode(file)],
  parse,
  mutations: [],
  isLocated: ({ line }) => line !== undefined,
}))
