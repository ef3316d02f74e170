import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The version of onnxruntime that this server uses. */
export const onnxVersion = (createRequire(import.meta.url)('onnxruntime-node/package.json') as { readonly version: string }).version

/** An addition to the environment of a process, and folders of libraries. */
export type CudaLibrary = { readonly env: Readonly<Record<string, string>>; readonly folders: readonly string[] }

const none: CudaLibrary = { env: {}, folders: [] }

const below = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])

/** Folders that the wheels of NVIDIA put their libraries into: `nvidia/cudnn/lib`, `nvidia/cu13/lib`. */
const nvidiaFolders = (site: string): readonly string[] =>
  below(join(site, 'nvidia'))
    .map((folder) => join(folder, 'lib'))
    .filter((folder) => existsSync(folder))

/**
 * What the environment of a process needs to compute on a graphics card with the onnxruntime-gpu of a Python, and the folders of NVIDIA's libraries beside it: its library takes the place of the one that came with this server, which has
 * no CUDA, and is of the same version (SONAME `libonnxruntime.so.1`). Empty where that Python has none of this version.
 */
export function cudaLibrary(executable: string | undefined): CudaLibrary {
  if (executable === undefined) return none
  const sites = below(join(dirname(dirname(executable)), 'lib')).map((folder) => join(folder, 'site-packages'))
  for (const site of sites) {
    const capi = join(site, 'onnxruntime', 'capi')
    const library = join(capi, `libonnxruntime.so.${onnxVersion}`)
    if (!existsSync(library) || !existsSync(join(capi, 'libonnxruntime_providers_cuda.so'))) continue
    return { env: { LD_PRELOAD: library }, folders: nvidiaFolders(site) }
  }
  return none
}
