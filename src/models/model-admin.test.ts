import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LabelTarget } from '../registry/registry.ts'
import { LabelKeeper } from './label-keeper.ts'
import { ModelAdministration } from './model-admin.ts'

const change = { keyId: 'key', reason: undefined }

/** A model of three versions, the first of them `latest`, whose store takes a few turns for each move. */
function administration(): { readonly admin: ModelAdministration; readonly labels: ReadonlyMap<string, string> } {
  const slots = ['1.0.0', '2.0.0', '3.0.0'].map((version) => ({ name: 'model', version }))
  const labels = new Map([['latest', '1.0.0']])
  const slotOf = (selector: string) => slots.find(({ version }) => version === (labels.get(selector) ?? selector))
  const entry = { labels, find: (selector: string) => (slotOf(selector) ? { slot: slotOf(selector) } : undefined) }
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
    async moveLabels(_: string, moves: Readonly<Record<string, LabelTarget>>) {
      for (let turn = 0; turn < 3; turn += 1) await nextTurn()
      for (const [label, { version }] of Object.entries(moves)) labels.set(label, version)
    },
  }
  return { admin: new ModelAdministration(models as never, registry as never), labels }
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
