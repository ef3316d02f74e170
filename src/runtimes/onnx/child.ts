import { ServingError } from '../../contracts/error.ts'
import { hostMs } from '../process/message.ts'
import { serveInference } from '../process/serve-inference.ts'
import type { Step } from './onnx-graph.ts'
import { type OpenArgs, openModel } from './open-model.ts'
import { readHere } from './read-model-file.ts'

const until =
  (at: number): Step =>
  (run, done, count) => {
    if (done > 0 && hostMs() >= at) throw new ServingError('deadline_exceeded', `The deadline passed after ${done} of ${count} rows`)
    return run()
  }

// The entry of an inference process that runs one ONNX model; load-onnx.ts starts it.
serveInference(async (args) => {
  const model = await openModel(args as OpenArgs, { log: (line) => process.stderr.write(`${line}\n`), read: readHere })
  return { info: model.info, call: (tensors, at) => model.call(tensors, until(at)) }
})
