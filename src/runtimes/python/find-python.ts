import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Where `presage python setup` makes the environment of the workers, inside the data folder. */
export const environmentFolder = (dataDir: string): string => join(dataDir, 'python')

/** The Python of the workers: the one that the operator names, else that of the environment in the data folder; undefined where neither is. */
export function findPython({ executable, dataDir }: { readonly executable?: string | undefined; readonly dataDir: string }): string | undefined {
  // Workers are started in another folder.
  if (executable !== undefined) return resolve(executable)
  const own = join(environmentFolder(dataDir), 'bin', 'python')
  return existsSync(own) ? own : undefined
}

function whyItCannotRun(program: string): string | undefined {
  try {
    accessSync(program, constants.X_OK)
    return statSync(program).isFile() ? undefined : 'EISDIR'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

/** What is wrong with a Python that was named, and what to do; undefined where it is a program that may be run. */
export function lackOf(executable: string): string | undefined {
  const why = whyItCannotRun(executable)
  if (why === undefined) return undefined
  return `The Python ${executable} cannot be run (${why}): give python.executable the whole path of one, or remove that setting and run \`presage python setup\``
}
