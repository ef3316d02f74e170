import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What a folder looks like from outside: path, size, times and inode of every file in it. Changes whenever a file is written, replaced, added or removed; empty for a folder that cannot be read. */
export function folderPrint(dir: string): string {
  try {
    const files = readdirSync(dir, { withFileTypes: true, recursive: true }).filter((entry) => !entry.isDirectory())
    const lines = files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      const { size, mtimeMs, ctimeMs, ino } = statSync(path)
      return [path, size, mtimeMs, ctimeMs, ino].join(' ')
    })
    return lines.toSorted().join('\n')
  } catch {
    return ''
  }
}
