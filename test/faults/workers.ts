import { setTimeout as wait } from 'node:timers/promises'
import { tableLines } from '../../src/cli/table.ts'
import { pathOf } from '../support/pages.ts'
import { FaultServer } from './fault-server.ts'
import { workerFaults } from './worker-faults.ts'

// Prints what each fault of a worker leads to, and what another model notices of it: `npm run faults:workers`.
const server = await FaultServer.start(process.argv[2] ?? pathOf('.venv/bin/python'))
try {
  const calm = await server.others(AbortSignal.timeout(3_000))
  const ms = (value: number): string => `${value.toFixed(1)} ms`
  const rows = [['(none)', '', '', '', `${calm.answered}, ${calm.failed} failed`, ms(calm.p50Ms), ms(calm.p99Ms)]]
  for (const fault of workerFaults) {
    const { outcome, answerMs, recoveredMs, others } = await server.suffer(fault)
    const held = outcome === fault.outcome ? '' : ` (expected ${fault.outcome})`
    rows.push([
      fault.name,
      `${outcome}${held}`,
      ms(answerMs),
      ms(recoveredMs),
      `${others.answered}, ${others.failed} failed`,
      ms(others.p50Ms),
      ms(others.p99Ms),
    ])
    await wait(200)
  }
  console.log(tableLines(['fault', 'its caller gets', 'after', 'answers again after', 'another model meanwhile', 'p50', 'p99'], rows).join('\n'))
} finally {
  await server.stop()
}
