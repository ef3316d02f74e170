import { mkdtempSync, rmSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { InferenceSession } from 'onnxruntime-node'
import { giveWay } from '../../src/processes/give-way.ts'
import { writeBigGraph } from './bundles.ts'

/** A process that has nothing to do with the server and opens the 100 MB file as often as it can be loaded, with the priority of a load: what such an amount of new memory does to others on this machine. */
const folder = mkdtempSync(join(tmpdir(), 'presage-bench-graph-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.on('SIGTERM', () => process.exit(0))
const file = join(folder, 'model.onnx')
writeBigGraph(file)
giveWay({ theirs: getPriority(), isIdle: true })
process.on('disconnect', () => process.exit(0))
process.send?.('opening')
for (;;) {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 })
  await session.release()
  await pause(700)
}
