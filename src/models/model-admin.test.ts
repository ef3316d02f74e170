import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DeploymentEvent, LabelTarget } from '../registry/registry.ts'
import { LabelKeeper } from './label-keeper.ts'
import { ModelAdministration } from './model-admin.ts'

const change = { keyId: 'key', reason: undefined }

/** A model of three versions, the first of them `latest`, whose store takes a few turns for each move. */
function administration() {
  const slots = ['1.0.0', '2.0.0', '3.0.0'].map((version) => ({ name: 'model', version }))
  const labels = new Map([['latest', '1.0.0']])
  const told = new Map<string, LabelTarget>()
  const history: string[] = []
  const slotOf = (selector: string) => slots.find(({ version }) => version === (labels.get(selector) ?? selector))
  const entry = { labels, find: (selector: string) => (slotOf(selector) ? { slot: slotOf(selector) } : undefined), unpinned: () => slots.at(-1) }
  const keeper = new LabelKeeper({} as never)
  const models = {
    inTurn: keeper.inTurn.bind(keeper),
    entry: () => entry,
    find: (_: string, selector: string) => ({ slot: slotOf(selector) }),
    load: () => nextTurn(),
    isVerified: () => true,
    moved() {},
  }
  const registry = {
    labels: () => told,
    async moveLabels(_: string, moves: Readonly<Record<string, LabelTarget>>, { version, detail }: DeploymentEvent) {
      for (let turn = 0; turn < 3; turn += 1) await nextTurn()
      for (const [label, target] of Object.entries(moves)) {
        told.set(label, target)
        labels.set(label, target.version)
      }
      history.push(`${version}: ${detail}`)
    },
  }
  return { admin: new ModelAdministration(models as never, registry as never), labels, told, history }
}

test('of two moves at once the second begins with what the first has left', async () => {
  const { admin, labels } = administration()
  const moves = ['2.0.0', '3.0.0'].map((version) => admin.setLabel('model', { label: 'latest', version }, change))
  assert.deepEqual(
    (await Promise.all(moves)).map(({ before }) => before),
    ['1.0.0', '2.0.0'],
  )
  assert.deepEqual(Object.fromEntries(labels), { latest: '3.0.0', previous: '2.0.0' })
})

test('two rollbacks at once go back one version, and the second is told', async () => {
  const { admin, labels } = administration()
  await admin.setLabel('model', { label: 'latest', version: '2.0.0' }, change)
  const [first, second] = await Promise.allSettled([admin.rollback('model', change), admin.rollback('model', change)])
  assert.equal(first.status, 'fulfilled')
  assert.equal(second.status === 'rejected' && second.reason.code, 'label_conflict')
  assert.deepEqual(Object.fromEntries(labels), { latest: '1.0.0', previous: '2.0.0' })
  assert.equal((await admin.setLabel('model', { label: 'latest', version: '3.0.0' }, change)).before, '1.0.0', 'a refusal holds up no other')
})

test('a pinned `latest` that is let go follows the highest release again, and can be rolled back', async () => {
  const { admin, labels, told, history } = administration()
  await admin.setLabel('model', { label: 'latest', version: '2.0.0' }, change)
  const freed = await admin.unpinLabel('model', 'latest', { ...change, reason: 'good again' })
  assert.deepEqual(freed, { model_name: 'model', label: 'latest', version: '3.0.0', before: '2.0.0' })
  assert.deepEqual(told.get('latest'), { version: '3.0.0', pinned: false })
  assert.equal(history.at(-1), '3.0.0: latest unpinned from 2.0.0: good again')
  assert.equal((await admin.rollback('model', change)).version, '2.0.0')
  assert.deepEqual([told.get('latest')?.pinned, labels.get('previous')], [true, '3.0.0'])
})

test('`latest` that is pinned to the highest release stays there when it is let go, and `previous` with it', async () => {
  const { admin, labels, told } = administration()
  await admin.setLabel('model', { label: 'latest', version: '3.0.0' }, change)
  const { version, before } = await admin.unpinLabel('model', 'latest', change)
  assert.deepEqual([version, before, told.get('latest')?.pinned, labels.get('previous')], ['3.0.0', '3.0.0', false, '1.0.0'])
})

test('letting go of a `latest` that nothing pins changes nothing', async () => {
  const { admin, labels, told, history } = administration()
  labels.set('latest', '3.0.0')
  const answer = await admin.unpinLabel('model', 'latest', change)
  assert.deepEqual(answer, { model_name: 'model', label: 'latest', version: '3.0.0', before: '3.0.0' })
  assert.deepEqual([told.size, history], [0, []])
})

for (const label of ['stable', 'canary', 'previous', 'newest'])
  test(`${label} cannot be let go, and who tries is told what moves`, async () => {
    const { admin, history } = administration()
    await assert.rejects(admin.unpinLabel('model', label, change), {
      code: 'label_conflict',
      message: /PUT \/models\/model\/labels\/LABEL.*DELETE is for latest/,
    })
    assert.deepEqual(history, [])
  })

test('a rollback to the version that `latest` has already is refused: there is nothing to go back to', async () => {
  const { admin, labels, history } = administration()
  labels.set('previous', '1.0.0')
  await assert.rejects(admin.rollback('model', change), { code: 'label_conflict', message: /is at 1\.0\.0 already.*nothing to go back to/ })
  assert.deepEqual(history, [])
})
