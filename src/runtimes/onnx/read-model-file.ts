import { createHash } from 'node:crypto'
import { constants, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { refuse } from '../../contracts/model-refusal.ts'

/** Longest model file that is read. */
const maxModelBytes = 1 << 30
/** So much is read at once: the system copies it without a break, whoever wants the processor meanwhile. */
const pieceBytes = 1 << 16

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

type ModelFile = { readonly bytes: Uint8Array<ArrayBuffer>; readonly sha256: string }

/** Fills the start of a piece with the next bytes of a file, and answers how many they were. */
export type ReadPiece = (file: FileHandle, piece: Uint8Array) => Promise<number>

/** In this thread: one that read for it and woke it up would keep others waiting for either. Others have their turn after each piece. */
export const readHere: ReadPiece = async ({ fd }, piece) => {
  const read = readSync(fd, piece)
  await setImmediate()
  return read
}

/** In a thread of the pool: a disk that is slow, or a mount that hangs, holds up nobody else. */
export const readElsewhere: ReadPiece = async (file, piece) => (await file.read(piece)).bytesRead

async function readPieces(file: FileHandle, bytes: Uint8Array<ArrayBuffer>, read: ReadPiece): Promise<ModelFile> {
  const hash = createHash('sha256')
  for (let at = 0; at < bytes.length;) {
    const got = await read(file, bytes.subarray(at, at + pieceBytes))
    if (got === 0) throw refuse('The model file became shorter while it was read. Copy it again.')
    hash.update(bytes.subarray(at, at + got))
    at += got
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** The bytes of a model file and their SHA-256 (hex). Follows no symbolic link. Throws `model_verification_failed` for anything but a plain file of 1 byte to 1 GiB. */
export async function readModelFile(path: string, read: ReadPiece): Promise<ModelFile> {
  await using file = await openPlain(path)
  const facts = await file.stat()
  if (!facts.isFile()) throw refuse('The model file is not a plain file. Put the file itself into the bundle.')
  if (facts.size === 0) throw refuse('The model file is empty. Copy it again.')
  if (facts.size > maxModelBytes) throw refuse(`The model file has ${facts.size} bytes; at most ${maxModelBytes} are served.`)
  return await readPieces(file, new Uint8Array(facts.size), read)
}
