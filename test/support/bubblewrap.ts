import type { TestContext } from 'node:test'
import { workingBubblewrap } from '../../src/runtimes/python/sandbox.ts'
import { skipOrFail } from './python.ts'

/** True if workers can be boxed on this machine; without it the test is skipped by name (in CI it fails). */
export async function bubblewrapOrSkip(t: TestContext): Promise<boolean> {
  if ((await workingBubblewrap()) !== undefined) return true
  skipOrFail(t, 'bubblewrap is not installed or may not make namespaces here (apt-get install bubblewrap)')
  return false
}
