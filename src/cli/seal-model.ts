import { prepareHere } from '../models/prepare-bundle.ts'
import { sealBundle } from '../models/seal-bundle.ts'
import { systemClock } from '../system.ts'
import { checkBundle, checkColumns, checkKit } from './check-bundle.ts'
import type { ConfigOptions } from './config-options.ts'
import { tableLines } from './table.ts'

/** Completes the bundle at a path and prints what the server would make of it. Throws `model_verification_failed` and what loading throws; the bundle is then as it was. */
export async function sealModel(path: string, { anew, ...options }: ConfigOptions & { readonly anew: boolean }): Promise<void> {
  const kit = await checkKit(options)
  const deps = { ...kit, clock: systemClock, preparation: prepareHere, check: (dir: string) => checkBundle(dir, kit) }
  const { files, made, checked } = await sealBundle(path, deps, { anew })
  kit.features.close()
  const rows =
    made === 0 ? 'golden rows as they were' : `${made} golden rows that the model answered itself: they show that it stays the same, not that it is right`
  console.log(`sealed ${files} files; ${rows}`)
  console.log(tableLines(checkColumns, [checked]).join('\n'))
}
