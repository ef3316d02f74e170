import type { ProcessDeps } from './process/inference-process.ts'
import { ModuleRuntime } from './module/module-runtime.ts'
import { OnnxRuntime } from './onnx/onnx-runtime.ts'
import { PythonRuntime } from './python/python-runtime.ts'
import type { RemoteDeps } from './remote/remote-caller.ts'
import { RemoteRuntime } from './remote/remote-runtime.ts'
import type { RuntimeSettings } from './runtime-settings.ts'
import type { ModelRuntime } from './runtime.ts'
import { TreesRuntime } from './trees/trees-runtime.ts'

/** What runtimes need from the outside. */
export type RuntimeDeps = ProcessDeps & RemoteDeps

/** Every runtime, by its kind in the manifest. */
export function makeRuntimes(deps: RuntimeDeps, { python, remote, ...settings }: RuntimeSettings): readonly ModelRuntime[] {
  const { modulePaths, onnxInServer, libraryPath, processMemoryMb } = settings
  return [
    new TreesRuntime(deps.clock),
    new OnnxRuntime(deps, { inServer: onnxInServer, python: python.executable, libraryPath, processMemoryMb }),
    new PythonRuntime(deps, { ...python, libraryPath, processMemoryMb }),
    new ModuleRuntime(deps, { modulePaths, processMemoryMb }),
    new RemoteRuntime(deps, remote),
  ]
}
