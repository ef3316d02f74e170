import type { LoadPhase } from '../models/load-bundle.ts'
import { sealBundle } from '../models/seal-bundle.ts'
import { systemClock } from '../system.ts'
import { checkBundle, checkColumns, checkKit } from './check-bundle.ts'
import type { ConfigOptions } from './config-options.ts'
import { printable } from './printable.ts'
import { tableLines } from './table.ts'

const mostNames = 6

function filesText(files: readonly string[]): string {
  const names = printable(files.slice(0, mostNames).join(', '))
  return files.length > mostNames ? `${names} and ${files.length - mostNames} more` : names
}

/** Completes the bundle at a path and prints what the server would make of it. Throws `model_verification_failed` and what loading throws; the bundle is then as it was. */
export async function sealModel(path: string, { anew, ...options }: ConfigOptions & { readonly anew: boolean }): Promise<void> {
  const kit = await checkKit(options)
  try {
    const onPhase = (phase: LoadPhase): void => kit.waits.enter(phase)
    const { files, made, checked } = await sealBundle(path, { ...kit, clock: systemClock, onPhase, check: (dir) => checkBundle(dir, kit) }, { anew })
    console.log(`sealed ${files.length} files: ${filesText(files)}`)
    if (made > 0) console.log(`${made} golden rows were answered by the model itself: they show that it stays the same, not that it is right`)
    console.log(tableLines(checkColumns, [checked]).join('\n'))
  } catch (error) {
    for (const line of kit.printed.take()) console.error(line)
    throw error
  } finally {
    kit.waits.end()
    kit.features.close()
  }
}
