import { writeSync } from 'node:fs'
import v8 from 'node:v8'
import type { FuzzedFormat } from './formats.ts'
import { mutantOf } from './mutate.ts'
import { runCase } from './run-case.ts'
import type { FuzzLine } from './fuzz-lines.ts'

/** Accepted mutants of which one is compiled: ten times the time of a parse. */
const compileOneIn = 4
/** Garbage is collected between cases before V8 would have to collect it within one, so that the difference in use is what a case allocated. */
const roomBytes = 24 << 20

const [list = '', name = '', from = '', to = ''] = process.argv.slice(2)
const { formats } = (await import(list)) as { formats: readonly FuzzedFormat[] }
const format = formats.find((each) => each.name === name)
if (format === undefined) throw new Error(`no format "${name}"; there are ${formats.map((each) => each.name).join(', ')}`)
const corpus = { seeds: format.seeds(), mutations: format.mutations }
const single = Number(to) - Number(from) === 1
const collect = globalThis.gc as (options?: { type: 'minor' }) => void

/** Written at once, so that whoever watches knows the seed even if the process dies of the case. */
const tell = (line: FuzzLine): void => void writeSync(1, `${JSON.stringify(line)}\n`)

const inUse = (): number => v8.getHeapStatistics().used_heap_size + v8.getHeapStatistics().external_memory

function makeRoom(): void {
  if (inUse() > atFirst + roomBytes) collect({ type: 'minor' })
  if (inUse() > atFirst + roomBytes) collect()
}

collect()
const atFirst = inUse()
for (let seed = Number(from); seed < Number(to); seed++) {
  tell({ begin: seed })
  const file = mutantOf(corpus, seed)
  makeRoom()
  try {
    tell({ end: seed, ...runCase(format, file, { seed, compile: single || seed % compileOneIn === 0, collect }) })
  } catch (error) {
    tell({ fault: seed, message: error instanceof Error ? error.message : String(error) })
  }
}
