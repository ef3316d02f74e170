import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Compile } from 'typebox/schema'
import { parse } from 'yaml'
import { pathOf, textOf } from './support/pages.ts'

const check = Compile(JSON.parse(textOf('docs/model.schema.json')) as object)

test('the schema for editors takes every example, and the draft of docs/model-manifest.md that is still to be sealed', () => {
  const models = 'examples/models'
  const folders = readdirSync(pathOf(models)).flatMap((name) => readdirSync(pathOf(join(models, name))).map((version) => join(models, name, version)))
  const [, draft = ''] = /```yaml\n([^]*?)```/.exec(textOf('docs/model-manifest.md')) ?? []
  for (const text of [draft, ...folders.map((folder) => textOf(join(folder, 'model.yaml')))]) assert.deepEqual(check.Errors(parse(text))[1], [])
  assert.ok(folders.length > 3)
})

test('the schema for editors marks a key that has no meaning', () => {
  assert.equal(check.Check({ ...(parse(textOf('examples/models/momentum/1.2.3/model.yaml')) as object), colour: 'blue' }), false)
})
