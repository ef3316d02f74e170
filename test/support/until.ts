import { setTimeout as wait } from 'node:timers/promises'

const everyMs = 20

/** Waits for what another process or connection does: looks again and again until it is so. The test's own limit ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await wait(everyMs)
}
