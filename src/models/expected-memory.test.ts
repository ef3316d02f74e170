import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '../contracts/manifest.ts'
import { expectedMemory } from './expected-memory.ts'
import { readManifest } from './read-manifest.ts'

const folder = (name: string): string => fileURLToPath(new URL(`../../examples/models/${name}`, import.meta.url))
const trees = readManifest(folder('momentum/1.2.3'))
const onnx = readManifest(folder('baseline/1.0.0'))
const changed = (change: Partial<Manifest>) => expectedMemory({ ...onnx, manifest: { ...onnx.manifest, ...change } })
const mebi = 2 ** 20

test('trees are expected to take twice their file, and a little however small they are', () => {
  assert.equal(expectedMemory(trees), 2 * statSync(`${folder('momentum/1.2.3')}/model.txt`).size + mebi / 4)
})

test('a process is expected to take what its runtime takes by itself and twice the artefact, but no more than its limit; each of them', () => {
  const one = changed({})
  assert.equal(one, 136 * mebi + 2 * statSync(`${folder('baseline/1.0.0')}/model.onnx`).size)
  assert.equal(changed({ execution: { workers: 2, spares: 1 } }), 3 * one)
  assert.equal(changed({ limits: { memory: '64MiB' } }), 64 * mebi)
  assert.equal(changed({ limits: { memory: '1GiB' } }), one)
})

test('an artefact that is not there is expected to take nothing: what reads it refuses it', () => {
  assert.equal(expectedMemory({ ...trees, dir: '/nowhere' }), mebi / 4)
})
