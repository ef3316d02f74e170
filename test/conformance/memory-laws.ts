import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { LoadedModel } from '../../src/contracts/loaded-model.ts'
import type { CompiledTrees } from '../../src/runtimes/trees/compile-trees.ts'
import { descendants } from '../support/descendants.ts'
import { type Law, patient, type Subject } from './subject.ts'

/** How far what a model says may be from what is measured. */
const share = 0.3
const loads = 30
const never = new AbortController().signal

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const residentBytes = (pid: number | 'self'): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
/** What V8 knows of: objects, and memory of WebAssembly and buffers. */
function knownBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function settled(bytes: () => number): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    collect()
    await nextTurn()
  }
  return bytes()
}

function checkShare(stated: number, measured: number): void {
  assert.ok(stated > 0 && Math.abs(measured - stated) <= share * stated, `${stated} bytes stated, ${measured} measured`)
}

/** Compiled trees as one more load would bring them. */
const another = (compiled: CompiledTrees): CompiledTrees => structuredClone(compiled)

/** Loads a model several times, has each do all that it can, and holds the growth of this process to what they say. */
async function checkGrowth({ runtime, prepared }: Subject, compiled: CompiledTrees, bytes: () => number): Promise<void> {
  const models: LoadedModel[] = []
  const add = async (): Promise<void> => {
    const model = await runtime.load(prepared.spec, another(compiled), never)
    const rows = prepared.golden?.inputs.slice(0, 16 * model.inputs) ?? new Float64Array()
    await model.predict(rows, 16, patient())
    await model.explain?.(rows.slice(0, model.inputs), patient())
    models.push(model)
  }
  try {
    await add()
    const before = await settled(bytes)
    for (let i = 0; i < loads; i += 1) await add()
    const measured = ((await settled(bytes)) - before) / loads
    checkShare(models[0]?.memoryBytes ?? 0, measured)
  } finally {
    await Promise.all(models.map((model) => model.dispose()))
  }
}

/** What a model takes, and says that it takes. */
export const memoryLaws: readonly Law[] = [
  {
    says: 'says within 30 % how much this process grows with it',
    concerns: ({ name }) => name.startsWith('trees'),
    check: (subject) => checkGrowth(subject, { forest: (subject.prepared.compiled as CompiledTrees).forest, explanations: undefined }, knownBytes),
  },
  {
    // The thread of explanations keeps accounts of its own, so this needs a model that stands out from all that goes on in a process.
    says: 'says within 30 % how much this process grows with it and its explanations',
    concerns: ({ name }) => name === 'trees (LightGBM)',
    check: (subject) => checkGrowth(subject, subject.prepared.compiled as CompiledTrees, () => residentBytes('self')),
  },
  {
    says: 'says within 30 % what its processes take',
    concerns: ({ name, inServer = false }) => !inServer && /^(onnx|python|module)/.test(name),
    check: async (subject) => {
      const others = new Set(descendants())
      const { runtime: model } = await subject.load()
      const own = descendants().filter((pid) => !others.has(pid))
      const measured = own.reduce((sum, pid) => sum + residentBytes(pid), 0)
      const stated = model.memoryBytes
      await model.dispose()
      checkShare(stated, measured)
    },
  },
  {
    says: 'takes no memory of this machine',
    concerns: ({ name }) => name.startsWith('remote'),
    check: async ({ model }) => assert.equal(model.memoryBytes, 0),
  },
]
