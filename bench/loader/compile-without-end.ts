import { mkdtempSync, rmSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { giveWay } from '../../src/processes/give-way.ts'
import { compileTrees } from '../../src/runtimes/trees/compile-trees.ts'
import { artefactOf } from '../../test/support/plain-artefact.ts'
import { heavy, writeForest } from './bundles.ts'

/** A process that has nothing to do with the server and compiles the forest over and over, with the priority of a load: what such work does to others on this machine. */
const models = mkdtempSync(join(tmpdir(), 'presage-bench-forest-'))
process.on('exit', () => rmSync(models, { recursive: true, force: true }))
process.on('SIGTERM', () => process.exit(0))
writeForest(models)
const spec = artefactOf(join(models, heavy[0], '1.0.0/model.txt'), { format: 'lightgbm', inputs: 3, features: ['price', 'volume', 'rsi'] })
giveWay({ theirs: getPriority(), isIdle: true })
process.on('disconnect', () => process.exit(0))
process.send?.('compiling')
for (;;) {
  compileTrees(spec)
  await pause(50)
}
