import { Socket } from 'node:net'
import { ServingError } from '../contracts/error.ts'
import { giveWay } from '../processes/give-way.ts'
import { channelFd } from '../processes/launch-message.ts'
import { leaveSignals } from '../processes/leave-signals.ts'
import { ValueStream, valueParts } from '../processes/value-stream.ts'
import type { ManifestFile } from './manifest-file.ts'
import { hurried, type ManifestReading, type PrepareAnswer, type UnreadManifest } from './prepare-answer.ts'

// The entry of the process that prepares bundles; prepare-process.ts starts it.

leaveSignals()
giveWay({ theirs: Number(process.argv[2]), isIdle: process.argv[3] !== hurried })
// Most of its start: behind those that answer, too.
const { prepareBundle } = await import('./prepare-bundle.ts')

/** The parser and the schema take longer to load than most bundles: they are for manifests that are large, which are rare. */
async function parsed({ dir, bytes }: UnreadManifest): Promise<ManifestReading> {
  const { readingOf } = await import('./manifest-reading.ts')
  return readingOf(dir, Buffer.from(bytes))
}

async function answer(asked: ManifestFile | UnreadManifest): Promise<PrepareAnswer> {
  try {
    return 'bytes' in asked ? { reading: await parsed(asked) } : { prepared: prepareBundle(asked) }
  } catch (error) {
    if (error instanceof ServingError) return { code: error.code, message: error.message }
    return { code: 'model_verification_failed', message: `The bundle cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const socket = new Socket({ fd: channelFd, readable: true, writable: true })

async function respond(asked: ManifestFile | UnreadManifest): Promise<void> {
  for (const part of valueParts(await answer(asked))) socket.write(part)
}

// One thing is asked at a time.
const asked = new ValueStream((value) => void respond(value as ManifestFile | UnreadManifest))
socket.on('data', (chunk: Buffer) => asked.push(chunk))
socket.on('error', () => {})
// Where the launcher, which ends this with the server, is killed during a bundle, this ends with that bundle.
socket.on('close', () => process.exit(0))
