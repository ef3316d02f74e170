import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { python, writeBundles } from '../loader/bundles.ts'
import { serveMeasured } from '../support/measured-server.ts'
import { realSystem } from '../support/real-system.ts'
import { predictBody } from '../support/request.ts'

/** The real server as in bench/servers/presage.ts, with models beside momentum that are loaded and unloaded by request. */
const models = mkdtempSync(join(tmpdir(), 'presage-bench-models-'))
process.on('SIGTERM', () => process.exit(0))
process.on('exit', () => rmSync(models, { recursive: true, force: true }))
writeBundles(models)
const flags = { 'models.dir': models, 'models.allowUnsafeFormats': 'true', 'python.executable': python, 'python.sandbox': 'off', 'models.rescanMs': '86400000' }
const presage = await realSystem(flags)
const url = await presage.start()
serveMeasured({ port: Number(new URL(url).port), path: '/predict', body: predictBody, headers: { 'x-api-key': readFileSync(presage.keyFile, 'utf8').trim() } })
