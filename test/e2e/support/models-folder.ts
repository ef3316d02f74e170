import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** An empty folder for models that goes with the test. */
export function modelsFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-models-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
