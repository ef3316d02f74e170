import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProvenSizes } from './proven-sizes.ts'

const onCpu = { rssBytes: 1, device: 'cpu', version: '1.0.0' }

test('what the first process said stays, whatever later ones say', () => {
  const sizes = new ProvenSizes().of('a')
  assert.deepEqual(sizes.known(), [])
  sizes.keep(onCpu)
  sizes.keep({ ...onCpu, rssBytes: 2 })
  assert.deepEqual(sizes.known(), [onCpu])
})

test('another device and another version have sizes of their own, which none takes from the other', () => {
  const sizes = new ProvenSizes().of('a')
  const places = [onCpu, { ...onCpu, device: 'cuda' }, { ...onCpu, version: '2.0.0' }, { ...onCpu, versions: { numpy: '2.0.0' } }]
  for (const info of places) sizes.keep(info)
  for (const info of places) sizes.keep({ ...info, rssBytes: 2 })
  assert.deepEqual(sizes.known(), places)
})

test('artefacts that were loaded long ago are forgotten', () => {
  const sizes = new ProvenSizes()
  const count = (artefact: string): number => sizes.of(artefact).known().length
  for (let at = 0; at < 1_000; at += 1) sizes.of(`artefact ${at}`).keep(onCpu)
  sizes.of('artefact 0').keep(onCpu)
  sizes.of('one more').keep(onCpu)
  assert.deepEqual([count('artefact 0'), count('artefact 1'), count('artefact 2'), count('one more')], [1, 0, 1, 1])
})
