import { wasmHost } from '../../wasm/host.ts'
import type { Ensemble } from '../ensemble.ts'
import type { Kernel } from '../kernel.ts'
import { buildWideImage } from './image.ts'
import { encodeWideKernel } from './kernel.ts'
import { layOutWide } from './layout.ts'
import { slotsOf } from './slots.ts'

/** The most memory a kernel may take: eight million nodes. */
const maxBytes = 256 * 1024 * 1024

/** Sets of up to 2048 categories a node, or 2 million in all: each word of a set takes many times its own size here, so a small file could ask for much. */
const fitsSets = ({ categoryWords, feature }: Ensemble): boolean => categoryWords.length <= 65_536 + 64 * feature.length

/** The general kernel: any number of features and leaves, categories too. undefined for linear leaves, no trees, very large sets of categories, and forests too large for its memory. */
export function compileWide(ensemble: Ensemble): Kernel | undefined {
  if (ensemble.linear !== undefined || ensemble.trees === 0 || !fitsSets(ensemble)) return undefined
  const slots = slotsOf(ensemble)
  const layout = layOutWide(ensemble, slots)
  if (layout.bytes > maxBytes) return undefined
  const { trees, outputs, roundSums } = ensemble
  return {
    module: new wasmHost.Module(encodeWideKernel({ slots, layout, trees, outputs, roundSums })),
    image: buildWideImage({ ensemble, slots, layout }),
    row: layout.slots,
    out: layout.out,
    stages: { from: layout.slots, to: layout.out + outputs * 8, cuts: layout.cuts },
  }
}
