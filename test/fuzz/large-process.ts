import { readFileSync } from 'node:fs'
import { compileForest } from '../../src/trees/compile.ts'
import { instantiateForest } from '../../src/trees/evaluator.ts'
import { ModelFormatError } from '../../src/trees/model-format-error.ts'
import { formats } from './formats.ts'

/** The largest this process has been. Not what getrusage says, which begins with the size of the process that started it. */
const peakBytes = (): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024

const [name = '', small = '', large = ''] = process.argv.slice(2)
const { parse } = formats.find((format) => format.name === name)!

function load(bytes: Uint8Array): string {
  try {
    const evaluator = instantiateForest(compileForest(parse(bytes)))
    evaluator.predict(new Float64Array(evaluator.inputs).fill(3), new Float64Array(evaluator.outputs))
    return evaluator.name
  } catch (error) {
    if (error instanceof ModelFormatError) return error.message
    throw error
  }
}

load(readFileSync(small))
const file = readFileSync(large)
const before = peakBytes()
const outcome = load(file)
process.stdout.write(JSON.stringify({ outcome, bytes: file.length, peak: peakBytes() - before }))
