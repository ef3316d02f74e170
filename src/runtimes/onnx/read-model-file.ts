import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { ServingError } from '../../contracts/error.ts'

/** Longest model file that is read. */
const maxModelBytes = 1 << 30

const refuse = (why: string, cause?: unknown): ServingError => new ServingError('model_verification_failed', why, { cause })

const failures: Readonly<Record<string, string>> = {
  ELOOP: 'is a symbolic link. Put the file itself into the bundle.',
  ENOENT: 'does not exist. Copy the model into the bundle.',
  EACCES: 'may not be read by the server. Give its user read permission.',
}

async function openPlain(path: string) {
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for ever.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    throw refuse(`The model file ${failures[code] ?? `could not be opened (${code}).`}`, error)
  }
}

/** The bytes of a model file and their SHA-256 (hex). Follows no symbolic link. Throws `model_verification_failed` for anything but a plain file of 1 byte to 1 GiB. */
export async function readModelFile(path: string): Promise<{ readonly bytes: Uint8Array; readonly sha256: string }> {
  await using file = await openPlain(path)
  const facts = await file.stat()
  if (!facts.isFile()) throw refuse('The model file is not a plain file. Put the file itself into the bundle.')
  if (facts.size === 0) throw refuse('The model file is empty. Copy it again.')
  if (facts.size > maxModelBytes) throw refuse(`The model file has ${facts.size} bytes; at most ${maxModelBytes} are served.`)
  const bytes = await file.readFile()
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}
