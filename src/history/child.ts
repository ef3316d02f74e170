import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServingError } from '../contracts/error.ts'
import { leaveSignals } from '../processes/leave-signals.ts'
import { HistoryDesk } from './history-desk.ts'
import type { HistoryCall, HistoryReply } from './history-message.ts'

const spillFolder = join(tmpdir(), `presage-history-${process.pid}`)
const send = (reply: HistoryReply): void => void process.send?.(reply)

const refused = (id: number, error: unknown): HistoryReply => ({
  id,
  refused: { code: error instanceof ServingError ? error.code : 'internal', message: error instanceof Error ? error.message : String(error) },
})

async function openDesk(): Promise<HistoryDesk | undefined> {
  try {
    // Loaded here, so that a machine without it hears why.
    const { Duck } = await import('./duckdb.ts')
    return new HistoryDesk(await Duck.open(spillFolder))
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
    const howTo = `Parquet needs the package @duckdb/node-api with its binary for ${process.platform}-${process.arch}; npm ci installs it`
    send(refused(0, new ServingError('store_unavailable', `DuckDB cannot be started: ${why}. ${howTo}`)))
    return undefined
  }
}

leaveSignals()
// The asker is gone, or wants no more: nothing that it waits for is left.
process.on('disconnect', () => {
  rmSync(spillFolder, { recursive: true, force: true })
  process.exit(0)
})

const desk = await openDesk()
let last = Promise.resolve()
process.on('message', ({ id, request }: HistoryCall) => {
  last = last.then(async () =>
    send(
      desk
        ? await desk.answer(request).then(
            (answer) => ({ id, answer }),
            (error: unknown) => refused(id, error),
          )
        : refused(id, undefined),
    ),
  )
})
if (desk) send({ id: 0, answer: undefined })
