import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where `presage python setup` makes the environment of the workers, inside the data folder. */
export const environmentFolder = (dataDir: string): string => join(dataDir, 'python')

/** The Python of the workers: the one that the operator names, else that of the environment in the data folder; undefined where neither is. */
export function findPython({ executable, dataDir }: { readonly executable?: string | undefined; readonly dataDir: string }): string | undefined {
  if (executable !== undefined) return executable
  const own = join(environmentFolder(dataDir), 'bin', 'python')
  return existsSync(own) ? own : undefined
}
