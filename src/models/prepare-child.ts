import { Socket } from 'node:net'
import { ServingError } from '../contracts/error.ts'
import { giveWay } from '../processes/give-way.ts'
import { channelFd } from '../processes/launch-message.ts'
import { leaveSignals } from '../processes/leave-signals.ts'
import { ValueStream, valueParts } from '../processes/value-stream.ts'
import type { ManifestFile } from './manifest-file.ts'
import { hurried, type PrepareAnswer } from './prepare-answer.ts'

// The entry of the process that prepares bundles; prepare-process.ts starts it.

leaveSignals()
giveWay({ theirs: Number(process.argv[2]), isIdle: process.argv[3] !== hurried })
// Most of its start: behind those that answer, too.
const { prepareBundle } = await import('./prepare-bundle.ts')

function answer(file: ManifestFile): PrepareAnswer {
  try {
    return { prepared: prepareBundle(file) }
  } catch (error) {
    if (error instanceof ServingError) return { code: error.code, message: error.message }
    return { code: 'model_verification_failed', message: `The bundle cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const socket = new Socket({ fd: channelFd, readable: true, writable: true })
const asked = new ValueStream((file) => {
  for (const part of valueParts(answer(file as ManifestFile))) socket.write(part)
})
socket.on('data', (chunk: Buffer) => asked.push(chunk))
socket.on('error', () => {})
// Where the launcher, which ends this with the server, is killed during a bundle, this ends with that bundle.
socket.on('close', () => process.exit(0))
