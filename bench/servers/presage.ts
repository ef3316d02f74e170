import { readFileSync } from 'node:fs'
import { serveMeasured } from '../support/measured-server.ts'
import { realSystem } from '../support/real-system.ts'
import { predictBody } from '../support/request.ts'

/** The real server: key checked, 30 features read as of the last of 3,000 bars, 500 trees x 31 leaves, the decision kept. */
const presage = await realSystem()
const url = await presage.start()
serveMeasured({ port: Number(new URL(url).port), path: '/predict', body: predictBody, headers: { 'x-api-key': readFileSync(presage.keyFile, 'utf8').trim() } })
