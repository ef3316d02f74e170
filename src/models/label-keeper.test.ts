import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LabelTarget } from '../registry/registry.ts'
import { LabelKeeper } from './label-keeper.ts'

/** A model whose `latest` goes from 1.0.0 to 2.0.0 when its labels are looked at; `labels` are those of the store, which takes longest for what it is told by the keeper. */
function keeperOf() {
  const labels = new Map<string, string>()
  const resolved = new Map([['latest', '1.0.0']])
  const told: Promise<unknown>[] = []
  const entry = {
    labels: resolved,
    slots: new Map(['1.0.0', '2.0.0'].map((version) => [version, { name: 'model', version }])),
    resolve() {
      const before = resolved.get('latest')
      const after = labels.get('latest') ?? '2.0.0'
      resolved.set('latest', after)
      return { before, after }
    },
  }
  const registry = {
    labels: () => labels,
    async moveLabels(_: string, moves: Readonly<Record<string, LabelTarget>>) {
      for (let turns = moves['latest'] ? 1 : 5; turns > 0; turns -= 1) await nextTurn()
      for (const [label, { version }] of Object.entries(moves)) labels.set(label, version)
    },
  }
  const records = { isVerified: () => true, attempt: (_: string, work: () => Promise<unknown>) => void told.push(work()) }
  const deps = { index: { entry: () => entry }, registry, records, clock: { monotonic: () => 0 }, keepPreviousMs: 0, log() {} }
  const keeper = new LabelKeeper(deps as never)
  return { keeper, registry, labels, settled: () => Promise.all(told) }
}

test('a version that a new one follows as `latest` is `previous`, in the store too', async () => {
  const { keeper, labels, settled } = keeperOf()
  keeper.refresh('model')
  await settled()
  assert.deepEqual(Object.fromEntries(labels), { previous: '1.0.0' })
})

for (const isFirst of [true, false])
  test(`a new version says what is \`previous\` in its turn, ${isFirst ? 'before' : 'and nothing after'} an operator has moved \`latest\``, async () => {
    const { keeper, registry, labels, settled } = keeperOf()
    const moveByHand = async (): Promise<void> => {
      await registry.moveLabels('model', { latest: { version: '1.0.0', pinned: true }, previous: { version: '2.0.0', pinned: false } })
      keeper.moved('model')
    }
    if (isFirst) keeper.refresh('model')
    const moved = keeper.inTurn(moveByHand)
    if (!isFirst) keeper.refresh('model')
    await Promise.all([moved, settled()])
    assert.deepEqual(Object.fromEntries(labels), { latest: '1.0.0', previous: '2.0.0' })
  })
