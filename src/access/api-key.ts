import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idLength = 12
const secretLength = 32
const checksumLength = 6
const pattern = /^psk_live_([0-9A-Za-z]{12})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/
const longestKey = 'psk_live_'.length + idLength + 1 + secretLength + checksumLength

/** A key taken apart: the public id, and the SHA-256 (hex) of its secret. */
export type ParsedKey = { readonly id: string; readonly secretHash: string }

/** A new key: `text` is shown once and never stored. */
export type NewKey = ParsedKey & { readonly text: string }

/** Base62 text of a given length from uniform bytes; bytes of 248 and more are dropped, so every digit is equally likely. */
function randomText(length: number, random: (bytes: number) => Uint8Array): string {
  let text = ''
  while (text.length < length) for (const byte of random(length)) if (byte < 248 && text.length < length) text += digits[byte % 62]
  return text
}

function checksum(text: string): string {
  let rest = crc32(text)
  let out = ''
  for (let i = 0; i < checksumLength; i += 1) {
    out = digits[rest % 62] + out
    rest = Math.floor(rest / 62)
  }
  return out
}

const hashSecret = (secret: string): string => hash('sha256', secret)

/** Makes a key `psk_live_<id:12>_<secret:32><crc:6>` in base62: the id is public, the secret has 190 bits, the CRC-32 over all before it lets typing errors be told from unknown keys. */
export function makeApiKey(random: (bytes: number) => Uint8Array = randomBytes): NewKey {
  const id = randomText(idLength, random)
  const secret = randomText(secretLength, random)
  const body = `psk_live_${id}_${secret}`
  return { id, secretHash: hashSecret(secret), text: body + checksum(body) }
}

/** The parts of a key; undefined if the text is not a well-formed key (shape or checksum). */
export function parseApiKey(text: string): ParsedKey | undefined {
  const match = text.length === longestKey ? pattern.exec(text) : null
  if (!match || checksum(text.slice(0, -checksumLength)) !== match[3]) return undefined
  return { id: match[1] as string, secretHash: hashSecret(match[2] as string) }
}
