import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { durableRename } from './durable-rename.ts'

/** Up to which byte each log is sealed, by what stays of a file when it gets another name: its number and when it was made. */
export type SealState = ReadonlyMap<string, number>

const nameOf = (folder: string): string => join(folder, 'sealed.json')

/** What was sealed; nothing if that is not known, and then it is sealed once more, which changes nothing. */
export async function readSealState(folder: string): Promise<SealState> {
  try {
    return new Map(JSON.parse(await readFile(nameOf(folder), 'utf8')) as [string, number][])
  } catch {
    return new Map()
  }
}

/** Remembers what was sealed, durably. */
export async function writeSealState(folder: string, state: SealState): Promise<void> {
  await writeFile(`${nameOf(folder)}.unfinished`, JSON.stringify([...state]))
  await durableRename(`${nameOf(folder)}.unfinished`, nameOf(folder))
}
