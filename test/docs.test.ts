import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { settings } from '../src/config/settings.ts'
import { errorTable } from '../src/contracts/error.ts'
import { metrics } from '../src/contracts/metrics.ts'
import { productSources } from './support/imports.ts'
import { pages, pathOf, textOf } from './support/pages.ts'

for (const { file, render } of pages)
  test(`${file} says what the code says`, () => {
    assert.equal(textOf(file), render(), `${file} is out of date: run \`node bin/docs.js\``)
  })

const codes = Object.keys(errorTable)
const namedIn = (texts: readonly string[], code: string): boolean => texts.some((text) => text.includes(`'${code}'`))

test('every code of the error table is used by the product', () => {
  const texts = productSources()
    .filter(({ file }) => file !== 'src/contracts/error.ts')
    .map(({ text }) => text)
  assert.ok(texts.length > 100)
  assert.deepEqual(
    codes.filter((code) => !namedIn(texts, code)),
    [],
  )
  assert.equal(namedIn(texts, 'no_such_code'), false)
})

test('every metric of the table is measured by the product, and pages name no other', () => {
  const texts = productSources()
    .filter(({ file }) => file !== 'src/contracts/metrics.ts')
    .map(({ text }) => text)
  const names = Object.keys(metrics)
  assert.deepEqual(
    names.filter((name) => !namedIn(texts, name)),
    [],
  )
  const written = globSync('docs/*.md', { cwd: pathOf('') }).flatMap((file) =>
    [...textOf(file).matchAll(/\bpresage_([a-z_]+[a-z])\b/g)].map(([, name]) => name as string),
  )
  assert.ok(written.length > names.length)
  assert.deepEqual(
    written.filter((name) => !names.includes(name.replace(/_(bucket|sum|count)$/, ''))),
    [],
  )
})

test('every setting is used by the product', () => {
  const texts = productSources()
    .filter(({ file }) => !file.startsWith('src/config/'))
    .map(({ text }) => text)
  const unused = settings.filter(({ path }) => !texts.some((text) => new RegExp(`\\b${path.at(-1)}\\b`).test(text)))
  assert.deepEqual(
    unused.map(({ name }) => name),
    [],
  )
})

test('docs/errors.md has a row for every code of the table and no other', () => {
  const rows = [...textOf('docs/errors.md').matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code)
  assert.deepEqual(rows, codes)
})

test('every picture of a feature is of one that exists', () => {
  const there = globSync('docs/images/features/*', { cwd: pathOf('') })
  assert.ok(there.length > 50)
  assert.deepEqual(
    there.filter((file) => !pages.some((page) => page.file === file)),
    [],
  )
})

test('CONTRIBUTING names every command of package.json', () => {
  const commands = Object.keys((JSON.parse(textOf('package.json')) as { scripts: object }).scripts).filter((name) => !name.startsWith('pre'))
  const text = textOf('CONTRIBUTING.md')
  assert.deepEqual(
    commands.filter((name) => ![`\`npm run ${name}\``, `\`npm ${name}\``].some((written) => text.includes(written))),
    [],
  )
})

test('the list of decisions has every number once, in order, with the page where there is one', () => {
  const listed = [...textOf('docs/adr/README.md').matchAll(/^\| (?:(\d{4})|\[(\d{4})\]\((\2-[a-z0-9-]+\.md)\)) \|/gm)]
  assert.deepEqual(
    listed.map(([, without, number]) => Number(without ?? number)),
    listed.map((_, i) => i + 1),
  )
  const there = globSync('docs/adr/[0-9]*.md', { cwd: pathOf('') }).map((file) => basename(file))
  assert.deepEqual(
    listed.flatMap(([, , , file]) => file ?? []),
    there.toSorted(),
  )
})

/** Links of a page to files of the repository that are not there. */
function brokenLinks(file: string, text: string): string[] {
  const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link]) => link as string)
  return links.filter((link) => !existsSync(pathOf(join(dirname(file), link)))).map((link) => `${file}: ${link}`)
}

test('links from page to page lead somewhere', () => {
  const files = globSync(['*.md', 'docs/**/*.md', 'src/**/*.md', 'examples/**/*.md', 'python/**/*.md'], { cwd: pathOf('') })
  assert.ok(files.length > 3)
  assert.deepEqual(
    files.flatMap((file) => brokenLinks(file, textOf(file))),
    [],
  )
  assert.deepEqual(brokenLinks('README.md', 'see [this](docs/no-such-page.md)'), ['README.md: docs/no-such-page.md'])
})
