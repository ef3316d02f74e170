import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { pathOf } from './pages.ts'

/** A source file: its path below the repository, and its text. */
export type Source = { readonly file: string; readonly text: string }

const isForTests = (file: string): boolean => /\.test(-data)?\.ts$|\/testing\//.test(file)

/** Every TypeScript file of src/, tests and what only tests use left out. */
export const productSources = (): Source[] =>
  globSync('src/**/*.ts', { cwd: pathOf('') })
    .filter((file) => !isForTests(file))
    .map((file) => ({ file, text: readFileSync(pathOf(file), 'utf8') }))

const importPattern =
  /(?:^|[\s;])(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|(?:^|[\s;])import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|\bnew URL\(\s*['"](\.[^'"]+\.ts)['"]/g

/** What a file imports: statically, for its side effects, on demand, or as the file of a worker. */
export const importsOf = ({ text }: Source): string[] =>
  [...text.matchAll(importPattern)].map((match) => (match[1] ?? match[2] ?? match[3] ?? match[4]) as string)

/** The path below src/ that a relative import means (`../x` for what lies beside src/); undefined for packages. */
export function targetOf(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = normalize(join(dirname(file), specifier))
  return path.startsWith('src/') ? path.slice(4) : `../${path}`
}

/** Name of the package that an import means: `@scope/name` or `name`; undefined for relative ones. Builtins keep their `node:`. */
export const packageOf = (specifier: string): string | undefined =>
  specifier.startsWith('.')
    ? undefined
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')
