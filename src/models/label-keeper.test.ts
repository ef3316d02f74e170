import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LabelTarget } from '../registry/registry.ts'
import { LabelKeeper } from './label-keeper.ts'
import { ModelIndex } from './model-index.ts'

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

/** A model at 2.0.0 whose `latest` is `pinned`, or follows; `prove` brings a version with its proof, `move` puts `latest` elsewhere by hand, `said` is what operators read of waiting. */
function watched(pinned: string | undefined) {
  const index = new ModelIndex()
  const labels = new Map<string, LabelTarget>(pinned === undefined ? [] : [['latest', { version: pinned, pinned: true }]])
  const said: string[] = []
  const add = (version: string): void => index.add({ name: 'model', version, onDisk: true, file: { manifest: { symbols: [] } } } as never)
  const log = (level: string, message: string): void => void (message.includes('waits') && said.push(`${level}: ${message}`))
  const records = { isVerified: () => true, attempt() {} }
  const keeper = new LabelKeeper({ index, registry: { labels: () => labels }, records, clock: { monotonic: () => 0 }, keepPreviousMs: 0, log } as never)
  const prove = (version: string): void => {
    add(version)
    keeper.refresh('model')
  }
  const move = (version: string): void => {
    labels.set('latest', { version, pinned: true })
    keeper.moved('model')
  }
  add('1.0.0')
  prove('2.0.0')
  return { keeper, prove, move, said }
}

test('a release that is proven above a pinned `latest` is told of once, with what moves it and what lets it follow', () => {
  const { keeper, prove, said } = watched('1.0.0')
  assert.deepEqual(said, [], 'what waited before the start is no news')
  prove('3.0.0')
  keeper.refresh('model')
  const line = 'model 3.0.0 is proven and waits: latest stays at 1.0.0, where it was put; PUT /models/model/labels/latest moves it, '
  assert.deepEqual(said, [`info: ${line}DELETE lets it follow new versions again`])
})

test('no release is said to wait that `latest` goes to, that it was moved away from, or that is below another', () => {
  const { prove, move, said } = watched(undefined)
  prove('3.0.0')
  move('2.0.0')
  prove('2.5.0')
  prove('4.0.0-rc.1')
  assert.deepEqual(said, [])
  prove('3.0.1')
  assert.equal(said.length, 1)
})
