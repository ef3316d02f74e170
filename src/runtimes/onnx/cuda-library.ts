import { existsSync, readdirSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'

/** The version of onnxruntime that this server uses: that of the package, which a server that computes no ONNX model does not look at. */
export const onnxVersion = '1.30.0'

/** An addition to the environment of a process, folders of libraries, and where there is nothing to add, what to do. */
export type CudaLibrary = { readonly env: Readonly<Record<string, string>>; readonly folders: readonly string[]; readonly lack?: string }

const lacking = (lack: string): CudaLibrary => ({ env: {}, folders: [], lack })

const below = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])

/** Folders that the wheels of NVIDIA put their libraries into: `nvidia/cudnn/lib`, `nvidia/cu13/lib`. */
const nvidiaFolders = (site: string): readonly string[] =>
  below(join(site, 'nvidia'))
    .map((folder) => join(folder, 'lib'))
    .filter((folder) => existsSync(folder))

/**
 * What the environment of a process needs to compute on a graphics card with the onnxruntime-gpu of a Python, and the folders of NVIDIA's libraries beside it: its library takes the place of the one that came with this server, which has
 * no CUDA, and is of the same version (SONAME `libonnxruntime.so.1`).
 */
export function cudaLibrary(executable: string | undefined): CudaLibrary {
  if (executable === undefined) return lacking('run `presage python setup --with cuda`')
  // The linker takes either for the end of a name, and looks for others from the folder of the process on.
  if (!isAbsolute(executable) || /[\s:;$]/.test(executable))
    return lacking(`give python.executable, ${executable}, as a whole path without blanks, colons and $`)
  const sites = below(join(dirname(dirname(executable)), 'lib')).map((folder) => join(folder, 'site-packages'))
  for (const site of sites) {
    const capi = join(site, 'onnxruntime', 'capi')
    const library = join(capi, `libonnxruntime.so.${onnxVersion}`)
    if (!existsSync(library) || !existsSync(join(capi, 'libonnxruntime_providers_cuda.so'))) continue
    return { env: { LD_PRELOAD: library }, folders: nvidiaFolders(site) }
  }
  return lacking(
    `${executable} has no onnxruntime-gpu ${onnxVersion}: run \`presage python setup\`, or install onnxruntime-gpu[cuda,cudnn]==${onnxVersion} there`,
  )
}
