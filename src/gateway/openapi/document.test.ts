import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorTable } from '../../contracts/error.ts'
import { routes } from '../routes/index.ts'
import { codesOf, openapiDocument } from './document.ts'

test('every path of the API is described, with its parameters and errors', () => {
  const { paths } = openapiDocument('0', routes) as {
    paths: Record<string, Record<string, { parameters?: { name: string; in: string }[]; responses: object }>>
  }
  for (const route of routes) {
    const operation = paths[route.path.replace(/:([a-z]+)/g, '{$1}')]?.[route.method.toLowerCase()]
    assert.ok(operation, route.path)
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name)
    assert.deepEqual(
      inPath,
      [...route.path.matchAll(/:([a-z]+)/g)].map((match) => match[1]),
    )
    for (const code of codesOf(route)) assert.ok(String(errorTable[code].status) in operation.responses)
  }
})

test('no two routes have the same method and path, and every one that changes something needs a key', () => {
  assert.equal(new Set(routes.map(({ method, path }) => method + path)).size, routes.length)
  for (const { method, path, scope } of routes) if (method !== 'GET') assert.ok(scope !== undefined, path)
})

test('every path with a key takes the time that a request allows, as a header', () => {
  const { paths } = openapiDocument('0', routes) as { paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>> }
  for (const { path, method, scope } of routes) {
    const parameters = paths[path.replace(/:([a-z]+)/g, '{$1}')]?.[method.toLowerCase()]?.parameters ?? []
    const isTaken = parameters.some((parameter) => parameter.in === 'header' && parameter.name === 'Request-Timeout-Ms')
    assert.equal(isTaken, scope !== undefined, path)
  }
})
