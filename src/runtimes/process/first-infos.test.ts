import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FirstInfos } from './first-infos.ts'

test('what the first process said stays, whatever later ones say', () => {
  const infos = new FirstInfos()
  assert.equal(infos.of('a'), undefined)
  infos.keep('a', { rssBytes: 1 })
  infos.keep('a', { rssBytes: 2 })
  assert.deepEqual(infos.of('a'), { rssBytes: 1 })
})

test('artefacts that were loaded long ago are forgotten', () => {
  const infos = new FirstInfos()
  for (let at = 0; at < 1_000; at += 1) infos.keep(`artefact ${at}`, { rssBytes: at })
  infos.keep('artefact 0', { rssBytes: 0 })
  infos.keep('one more', { rssBytes: 0 })
  assert.equal(infos.of('artefact 1'), undefined)
  assert.ok(infos.of('artefact 0') && infos.of('artefact 2') && infos.of('one more'))
})
