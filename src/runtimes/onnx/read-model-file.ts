import { createHash } from 'node:crypto'
import { constants, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { ServingError } from '../../contracts/error.ts'

/** Longest model file that is read. */
const maxModelBytes = 1 << 30
/** So much is read at once: the system copies it without a break, whoever wants the processor meanwhile. */
const pieceBytes = 1 << 16

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

type ModelFile = { readonly bytes: Uint8Array; readonly sha256: string }
type Turn = () => Promise<unknown>

/** In this thread: one that read for it and woke it up would keep others waiting for either. */
async function readPieces(fd: number, bytes: Uint8Array, turn: Turn): Promise<ModelFile> {
  const hash = createHash('sha256')
  for (let at = 0; at < bytes.length;) {
    const read = readSync(fd, bytes, at, Math.min(pieceBytes, bytes.length - at), null)
    if (read === 0) throw refuse('The model file became shorter while it was read. Copy it again.')
    hash.update(bytes.subarray(at, at + read))
    at += read
    await turn()
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** The bytes of a model file and their SHA-256 (hex). Follows no symbolic link; `turn` is waited for after each piece. Throws `model_verification_failed` for anything but a plain file of 1 byte to 1 GiB. */
export async function readModelFile(path: string, turn: Turn = setImmediate): Promise<ModelFile> {
  await using file = await openPlain(path)
  const facts = await file.stat()
  if (!facts.isFile()) throw refuse('The model file is not a plain file. Put the file itself into the bundle.')
  if (facts.size === 0) throw refuse('The model file is empty. Copy it again.')
  if (facts.size > maxModelBytes) throw refuse(`The model file has ${facts.size} bytes; at most ${maxModelBytes} are served.`)
  return await readPieces(file.fd, new Uint8Array(facts.size), turn)
}
