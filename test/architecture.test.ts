import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { adapters, folders } from '../architecture.ts'
import { borders, circle, unusedAllowances, violations } from './support/borders.ts'
import { importsOf, packageOf, productSources } from './support/imports.ts'
import { pathOf, textOf } from './support/pages.ts'
import { lintPlanted } from './support/planted-lint.ts'

const sources = productSources()
const folderNames = Object.keys(folders)

test('every folder of src has a row in architecture.ts, and every row a folder with code', () => {
  const onDisk = readdirSync(pathOf('src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && globSync('**/*.ts', { cwd: pathOf(`src/${entry.name}`) }).length > 0)
    .map(({ name }) => name)
  assert.deepEqual(folderNames.toSorted(), onDisk.toSorted())
})

test('no file imports across a border that architecture.ts does not open', () => {
  assert.ok(sources.length > 100 && sources.flatMap(importsOf).length > 300, 'the sources and their imports were found')
  assert.deepEqual(violations(sources), [])
})

test('architecture.ts opens no border that no file needs', () => {
  assert.deepEqual(unusedAllowances(sources), [])
})

test('folders do not depend on each other in a circle', () => {
  assert.equal(circle(folders), undefined)
})

test('every package that only adapters may use is a dependency, and every dependency is used', () => {
  const { dependencies } = JSON.parse(textOf('package.json')) as { dependencies: Record<string, string> }
  const imported = new Set(sources.flatMap(importsOf).map(packageOf))
  for (const name of Object.keys(adapters)) assert.ok(name in dependencies, name)
  for (const name of Object.keys(dependencies)) assert.ok(imported.has(name), `${name} is installed and imported nowhere in src/`)
})

test('the lock names no registry, and every package by the digest of its bytes', () => {
  const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, { resolved?: string; integrity?: string }> }
  const locked = Object.entries(packages).filter(([path]) => path !== '')
  assert.ok(locked.length > 100)
  for (const [path, { resolved, integrity }] of locked) assert.deepEqual([resolved, integrity?.startsWith('sha512-')], [undefined, true], path)
})

test('names that say nothing are no names of files or folders', () => {
  const empty = sources.map(({ file }) => file).filter((file) => /(^|\/)(utils?|helpers?|common|manager|misc)(\.ts$|\/)/.test(file))
  assert.deepEqual(empty, [])
})

test('an index.ts is a list, never a barrel', () => {
  assert.deepEqual(
    sources.filter(({ text }) => /^export\s+(\*|(type\s+)?\{[^}]*\})\s*from/m.test(text)).map(({ file }) => file),
    [],
  )
})

// What follows plants what the checks above are there to find: a check that cannot fail holds nothing.

test('the border check finds every kind of import that is planted', () => {
  const plant = (file: string, text: string): string[] => violations([{ file, text }])
  assert.match(plant('src/contracts/x.ts', `import { a } from '../market/a.ts'`).join(), /contracts\/x\.ts imports src\/market/)
  assert.match(plant('src/contracts/deep/x.ts', `import type { a } from '../../market/a.ts'`).join(), /imports src\/market/)
  assert.match(plant('src/contracts/x.ts', `import {\n  a,\n} from "../market/a.ts"`).join(), /imports src\/market/)
  assert.match(plant('src/contracts/x.ts', `import '../market/a.ts'`).join(), /imports src\/market/)
  assert.match(plant('src/contracts/x.ts', `export { a } from '../market/a.ts'`).join(), /imports src\/market/)
  assert.match(plant('src/contracts/x.ts', `const a = await import('../market/a.ts')`).join(), /imports src\/market/)
  assert.match(plant('src/contracts/x.ts', `new Worker(new URL('../market/a.ts', import.meta.url))`).join(), /imports src\/market/)
  assert.match(plant('src/market/x.ts', `import { main } from '../main.ts'`).join(), /only src\/cli starts the process/)
  assert.match(plant('src/market/x.ts', `import { main } from '../../bin/setup.js'`).join(), /outside src/)
  assert.match(plant('src/market/x.ts', `import fastify from 'fastify'`).join(), /imports fastify, which only/)
  assert.match(plant('src/compose.ts', `import { parse } from 'yaml'`).join(), /imports yaml, which only/)
  assert.deepEqual(plant('src/market/x.ts', `import { a } from '../contracts/a.ts'\nimport { systemClock } from '../system.ts'\nimport fs from 'node:fs'`), [])
})

test('a circle and an allowance that nobody needs are found when they are planted', () => {
  assert.deepEqual(circle({ a: ['b'], b: ['c'], c: ['b'] }), ['b', 'c', 'b'])
  assert.equal(circle({ a: ['b', 'c'], b: ['c'], c: [] }), undefined)
  const table = { folders: { ...borders.folders, contracts: ['market'] }, adapters: { ...borders.adapters, yaml: ['market'] } }
  const unused = unusedAllowances(sources, table)
  assert.ok(unused.includes('contracts → market') && unused.includes('market → yaml'))
})

const firstForbidden = (folder: string): string | undefined =>
  folderNames.find((other) => other !== folder && !(borders.folders[folder] as readonly string[]).includes(other))

test('the linter finds an import across a border, planted in every folder', () => {
  const files = Object.fromEntries(
    folderNames.flatMap((folder) => {
      const other = firstForbidden(folder)
      return other === undefined ? [] : [[`src/${folder}/inner/planted.ts`, `import { a } from '../../${other}/a.ts'\nexport const b = a\n`]]
    }),
  )
  assert.ok(Object.keys(files).length > 10)
  for (const [file, codes] of lintPlanted(files)) assert.ok(codes.includes('eslint(no-restricted-imports)'), file)
})

test('the linter finds every confined package outside of its place, and not in it', () => {
  const inPlace = (place: string): string => (place.endsWith('.ts') ? `src/${place}` : `src/${place}/planted.ts`)
  const wrong = Object.keys(adapters).map((name, i) => [`src/contracts/wrong-${i}.ts`, `import * as a from '${name}'\nexport const b = a\n`])
  const right = Object.entries(borders.adapters).map(([name, places], i) => [
    inPlace(places[0] as string).replace(/planted\.ts$/, `right-${i}.ts`),
    `import * as a from '${name}'\nexport const b = a\n`,
  ])
  const found = lintPlanted(Object.fromEntries([...wrong, ...right.filter(([file]) => /right-\d+\.ts$/.test(file as string))]) as Record<string, string>)
  for (const [file, codes] of found) assert.equal(codes.includes('eslint(no-restricted-imports)'), file.includes('wrong'), file)
})

test('the linter holds the limits of the house', () => {
  const lines = (count: number, line: string): string => `${line}\n`.repeat(count)
  const files: Record<string, readonly [rule: string, text: string]> = {
    'src/market/long-file.ts': ['eslint(max-lines)', lines(251, '// a line')],
    'src/market/long-function.ts': ['eslint(max-lines-per-function)', `export function f(): void {\n${lines(41, '  performance.now()')}}\n`],
    'src/market/branches.ts': [
      'eslint(complexity)',
      `export function f(a: number): number {\n${Array.from({ length: 11 }, (_, i) => `  if (a === ${i}) return ${i + 1}\n`).join('')}  return 0\n}\n`,
    ],
    'src/market/many.ts': ['eslint(max-params)', 'export const f = (a: number, b: number, c: number, d: number): number => a + b + c + d\n'],
    'src/market/default.ts': ['import(no-default-export)', 'const a = 1\nexport default a\n'],
    'src/market/barrel.ts': ['oxc(no-barrel-file)', `export * from './sound.ts'\n`],
    'src/market/floating.ts': ['typescript(no-floating-promises)', 'const f = async (): Promise<void> => {}\nexport const g = (): void => {\n  f()\n}\n'],
    'src/market/any.ts': ['typescript(no-explicit-any)', 'export const a = (b: any): unknown => b\n'],
    'src/market/CamelCase.ts': ['unicorn(filename-case)', 'export const a = 1\n'],
    'src/market/environment.ts': ['node(no-process-env)', 'export const a = process.env.HOME\n'],
    'src/market/says.ts': ['eslint(no-console)', `console.log('a')\n`],
    'src/market/circle.ts': ['import(no-cycle)', `import { b } from './circle-two.ts'\nexport const a = (): unknown => b\n`],
    'src/market/circle-two.ts': ['import(no-cycle)', `import { a } from './circle.ts'\nexport const b = (): unknown => a\n`],
    'src/market/sound.ts': ['', 'export const a = 1\n'],
  }
  const found = lintPlanted(Object.fromEntries(Object.entries(files).map(([file, [, text]]) => [file, text])))
  for (const [file, [rule]] of Object.entries(files))
    assert.deepEqual(
      found
        .get(file)
        ?.filter((code) => rule === '' || code === rule)
        .slice(0, 1),
      rule === '' ? [] : [rule],
      file,
    )
})

test('no file switches a rule of the linter off without its reason on the line', () => {
  const silent = sources.filter(({ text }) => /(oxlint|eslint)-disable(?!.* -- \S)/.test(text))
  assert.deepEqual(silent, [])
  assert.ok(existsSync(pathOf('oxlint.config.ts')))
})
