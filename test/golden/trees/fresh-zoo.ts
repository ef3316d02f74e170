import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { pythonOrSkip } from '../../support/python.ts'

/** Where a zoo's make-zoo.py lies, the scripts beside it that add to what it wrote, and the Python modules that they need. */
export type ZooScripts = { readonly folder: string; readonly additions: readonly string[]; readonly modules: readonly string[] }

/** Trains a zoo in a folder of its own with a seed that was never used, runs the scripts that add to it, and hands the folder to `check`; the seed is said, so that a failure can be made again. */
export function withFreshZoo(t: TestContext, { folder: scripts, additions, modules }: ZooScripts, check: (folder: string) => void): void {
  const python = pythonOrSkip(t, modules)
  if (python === undefined) return
  const folder = mkdtempSync(join(tmpdir(), 'zoo-'))
  const seed = String(Math.floor(Date.now() / 1000))
  t.diagnostic(`seed ${seed}`)
  try {
    execFileSync(python, [join(scripts, 'make-zoo.py'), '--seed', seed, '--out', folder], { stdio: 'pipe' })
    for (const script of additions) execFileSync(python, [join(scripts, script), folder], { stdio: 'pipe' })
    check(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
