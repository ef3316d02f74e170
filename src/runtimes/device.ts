import type { MeterLabels } from '../contracts/meter.ts'
import type { ProcessDeps } from './process/inference-process.ts'
import type { ProcessInfo } from './process/message.ts'

/** Where a model may be computed, as `execution.device` of its manifest says. */
export type Device = 'cpu' | 'cuda'

/** The device that a manifest asks for, what computes its model, and why that is another. */
export type Place = { readonly asked: Device; readonly device: string; readonly fallback?: string | undefined }

/** Where processes compute that each said so: where one that had to take another device than it was asked for, there. */
export function placeOf(infos: readonly ProcessInfo[]): Omit<Place, 'asked'> {
  const { device, fallback } = (infos.find((info) => info['fallback'] !== undefined) ?? infos[0]) as ProcessInfo
  return { device: String(device), fallback: typeof fallback === 'string' ? fallback : undefined }
}

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

/** A model whose processes are somewhere. */
type Placed = { readonly place: Place }

/** Says of a model that asks for a graphics card whether the CPU computes it: once it is there, and whenever a process of it takes the place of another. Of one whose own code decides it says nothing. */
export class DeviceReport {
  readonly #deps: ProcessDeps
  readonly #labels: MeterLabels
  #model: Placed | undefined

  constructor(deps: ProcessDeps, labels: MeterLabels) {
    this.#deps = deps
    this.#labels = labels
  }

  /** What to start the processes of the model with. */
  get deps(): ProcessDeps {
    return {
      ...this.#deps,
      onEvent: (event) => {
        if (event.kind === 'ready') this.#report()
        this.#deps.onEvent?.(event)
      },
    }
  }

  /** From now on the model is there. */
  watch(model: Placed): void {
    this.#model = model
    this.#report()
  }

  #report(): void {
    if (this.#model === undefined) return
    const { asked, device, fallback } = this.#model.place
    if (asked === 'cpu' || (device !== asked && fallback === undefined)) return
    this.#deps.meter?.gauge('model_device_fallback', this.#labels).set(fallback === undefined ? 0 : 1)
  }
}
