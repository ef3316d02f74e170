import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

/** Gives a whole file the name of another: after a crash, or a power cut, either the old or the new one is there. */
export async function durableRename(from: string, to: string): Promise<void> {
  await sync(from)
  await rename(from, to)
  await sync(dirname(to))
}
