import { serveInference } from '../process/serve-inference.ts'
import { type ModuleArgs, openModule } from './open-module.ts'

// The entry of an inference process that runs one module; load-module.ts starts it.
serveInference((args) => openModule(args as ModuleArgs))
