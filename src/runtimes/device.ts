import type { Meter, MeterLabels } from '../contracts/meter.ts'

/** Where a model may be computed, as `execution.device` of its manifest says. */
export type Device = 'cpu' | 'cuda'

/** The device that a manifest asks for, what computes its model, and why that is another. */
export type Place = { readonly asked: Device; readonly device: string; readonly fallback?: string | undefined }

/** A place as people read it: `cuda`, or `cpu; cuda was asked for: …`. */
export const placeWords = ({ asked, device, fallback }: Place): string => (fallback === undefined ? device : `${device}; ${asked} was asked for: ${fallback}`)

/**
 * What a device adds to the environment of a process; `libraryPath` are the folders of libraries that the linker does not find itself. On a graphics card products of float32 are made in float32, which NVIDIA's libraries shorten to 10
 * bits of mantissa (TF32) where nobody forbids it, and cuBLAS has a workspace of fixed size, without which it may sum in another order each time (its manual, "Results reproducibility").
 */
export function deviceEnv(device: Device, libraryPath: readonly string[]): Record<string, string> {
  if (device === 'cpu') return { CUDA_VISIBLE_DEVICES: '' }
  const exact = { NVIDIA_TF32_OVERRIDE: '0', CUBLAS_WORKSPACE_CONFIG: ':4096:8' }
  return libraryPath.length === 0 ? exact : { ...exact, LD_LIBRARY_PATH: libraryPath.join(':') }
}

/** Says of a model that asks for a graphics card whether it was loaded onto the CPU. */
export function reportDevice(meter: Meter | undefined, { asked, fallback }: Place, labels: MeterLabels): void {
  if (asked === 'cpu') return
  const help = 'Whether a model whose manifest asks for a graphics card was loaded onto the CPU: 1 or 0'
  meter?.gauge('model_device_fallback', help, labels).set(fallback === undefined ? 0 : 1)
}
