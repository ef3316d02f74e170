import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { ServingError } from '../../contracts/error.ts'

const resolved = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined)

/** Where an artefact really lies, if that is in or below a listed folder; links are followed on both sides. Throws `model_verification_failed` that says what to set. */
export async function allowedPath(path: string, listed: readonly string[]): Promise<string> {
  const real = await resolved(path)
  if (real === undefined) throw new ServingError('model_verification_failed', 'The module is not there; copy the bundle again.')
  const roots = await Promise.all(listed.map(resolved))
  if (roots.some((root) => root !== undefined && `${real}${sep}`.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))) return real
  const now = listed.length === 0 ? 'it lists none' : `it lists ${listed.join(', ')}`
  throw new ServingError(
    'model_verification_failed',
    `A module runs as code of this server's user, so its folder must be listed: add the folder of the bundle, or one above it, to the setting models.modulePaths (${now}).`,
  )
}
