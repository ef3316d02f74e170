import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { pythonOrSkip } from '../../support/python.ts'

/** Trains a zoo in a folder of its own with a seed that was never used, runs the scripts that add to it, and hands the folder to `check`; the seed is said, so that a failure can be made again. */
export function withFreshZoo(t: TestContext, additions: readonly string[], check: (folder: string) => void): void {
  const python = pythonOrSkip(t, ['lightgbm', 'pandas'])
  if (python === undefined) return
  const folder = mkdtempSync(join(tmpdir(), 'zoo-'))
  const seed = String(Math.floor(Date.now() / 1000))
  t.diagnostic(`seed ${seed}`)
  try {
    execFileSync(python, [join(import.meta.dirname, 'make-zoo.py'), '--seed', seed, '--out', folder], { stdio: 'pipe' })
    for (const script of additions) execFileSync(python, [join(import.meta.dirname, script), folder], { stdio: 'pipe' })
    check(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
