import { resolve } from 'node:path'
import { findPython } from './python/find-python.ts'
import type { PythonSettings } from './python/python-runtime.ts'

/** What the operator decides about runtimes. */
export type RuntimeSettings = { readonly python: PythonSettings }

/** The part of the configuration that runtimes are made from. */
export type RuntimeConfig = {
  readonly data: { readonly dir: string }
  readonly models: { readonly allowUnsafeFormats: boolean }
  readonly python: { readonly executable?: string; readonly sandbox: PythonSettings['sandbox'] }
}

/** The settings of the runtimes in a configuration; looks for the Python of the workers on disk. */
export function runtimeSettings({ data, models, python }: RuntimeConfig): RuntimeSettings {
  const executable = findPython({ executable: python.executable, dataDir: resolve(data.dir) })
  return { python: { executable, sandbox: python.sandbox, allowUnsafeFormats: models.allowUnsafeFormats } }
}
