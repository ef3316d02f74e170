import { fileURLToPath } from 'node:url'
import type { Command } from '../../processes/command.ts'
import { type Device, deviceEnv } from '../device.ts'

/** The folder of the Python package `presage`: workers run the code that came with this server. */
export const packageFolder = fileURLToPath(new URL('../../../python', import.meta.url))

/** Starts a worker with a Python that has the frameworks. BLAS and OpenMP take `threads`; graphics cards are shown only to a model that asked for one. */
export function pythonCommand(
  executable: string,
  { threads, device, libraryPath = [] }: { readonly threads: number; readonly device: Device; readonly libraryPath?: readonly string[] | undefined },
): Command {
  const count = String(threads)
  const env = {
    PYTHONPATH: packageFolder,
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    HOME: '/tmp',
    USER: 'presage',
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    TF_CPP_MIN_LOG_LEVEL: '2',
    ...deviceEnv(device, libraryPath),
  }
  return { file: executable, args: ['-m', 'presage.worker'], env }
}
