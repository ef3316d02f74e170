import { resolve } from 'node:path'
import { findPython } from './python/find-python.ts'
import type { PythonSettings } from './python/python-runtime.ts'
import type { RemoteSettings } from './remote/load-remote.ts'

/** What the operator decides about runtimes: among it in or below which folders modules may lie, and which ONNX models are computed in this process, and folders of libraries for graphics cards. */
export type RuntimeSettings = {
  readonly python: PythonSettings
  readonly modulePaths: readonly string[]
  readonly onnxInServer: readonly string[]
  readonly libraryPath: readonly string[]
  /** MiB that one process of a model may have. */
  readonly processMemoryMb: number
  readonly remote: RemoteSettings
}

/** The part of the configuration that runtimes are made from. */
export type RuntimeConfig = {
  readonly data: { readonly dir: string }
  readonly models: RemoteSettings & {
    readonly allowUnsafeFormats: boolean
    readonly modulePaths: readonly string[]
    readonly onnxInServer: readonly string[]
    readonly libraryPath: readonly string[]
    readonly memoryBudgetMb: number
    readonly processMemoryMb?: number
  }
  readonly python: { readonly executable?: string; readonly sandbox: PythonSettings['sandbox'] }
}

/** The settings of the runtimes in a configuration; looks for the Python of the workers on disk. */
export function runtimeSettings({ data, models, python }: RuntimeConfig): RuntimeSettings {
  const executable = findPython({ executable: python.executable, dataDir: resolve(data.dir) })
  const { allowUnsafeFormats, modulePaths, onnxInServer, libraryPath, remoteHosts, remoteAuthorization } = models
  const { processMemoryMb = models.memoryBudgetMb } = models
  return {
    python: { executable, sandbox: python.sandbox, allowUnsafeFormats },
    modulePaths,
    onnxInServer,
    libraryPath,
    processMemoryMb,
    remote: { remoteHosts, remoteAuthorization },
  }
}
