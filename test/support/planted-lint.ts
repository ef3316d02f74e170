import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathOf } from './pages.ts'

type Finding = { readonly filename: string; readonly code: string; readonly help?: string }

/** Lints files that break rules, in a folder of their own with this repository's rules: file -> the rules that it breaks, e.g. `eslint(max-params)`. */
export function lintPlanted(files: Readonly<Record<string, string>>): Map<string, string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'presage-lint-'))
  try {
    for (const file of ['oxlint.config.ts', 'architecture.ts', 'tsconfig.json', 'package.json']) cpSync(pathOf(file), join(folder, file))
    symlinkSync(pathOf('node_modules'), join(folder, 'node_modules'))
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    const { stdout, stderr } = spawnSync(process.execPath, [pathOf('node_modules/oxlint/bin/oxlint'), '-f', 'json', 'src'], { cwd: folder, encoding: 'utf8' })
    if (!stdout.startsWith('{')) throw new Error(`oxlint did not report: ${stdout}${stderr}`)
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly Finding[] }
    return new Map(Object.keys(files).map((file) => [file, diagnostics.filter(({ filename }) => filename.endsWith(file)).map(({ code }) => code)]))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
