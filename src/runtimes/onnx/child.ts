import { serveInference } from '../process/serve-inference.ts'
import { type OpenArgs, openModel } from './open-model.ts'

// The entry of an inference process that runs one ONNX model; load-onnx.ts starts it.
serveInference((args) => openModel(args as OpenArgs))
