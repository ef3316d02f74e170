import type { ProcessDeps } from './process/inference-process.ts'
import { ModuleRuntime } from './module/module-runtime.ts'
import { OnnxRuntime } from './onnx/onnx-runtime.ts'
import { PythonRuntime } from './python/python-runtime.ts'
import type { RemoteDeps } from './remote/remote-caller.ts'
import { RemoteRuntime } from './remote/remote-runtime.ts'
import type { RuntimeSettings } from './runtime-settings.ts'
import type { ModelRuntime } from './runtime.ts'
import { TreesRuntime } from './trees/trees-runtime.ts'
import { Launcher } from '../processes/launcher.ts'

/** What runtimes need from the outside. */
export type RuntimeDeps = Omit<ProcessDeps, 'launcher'> & RemoteDeps

/** Every runtime, by its kind in the manifest. */
export function makeRuntimes(deps: RuntimeDeps, { python, modulePaths, remote }: RuntimeSettings): readonly ModelRuntime[] {
  const inProcesses = { ...deps, launcher: new Launcher() }
  return [
    new TreesRuntime(deps.clock),
    new OnnxRuntime(inProcesses),
    new PythonRuntime(inProcesses, python),
    new ModuleRuntime(inProcesses, modulePaths),
    new RemoteRuntime(deps, remote),
  ]
}
