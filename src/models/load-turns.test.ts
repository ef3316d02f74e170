import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoadTurns, type TurnTaker } from './load-turns.ts'

const taker = (isAsked: boolean) => ({ isAsked, giveUp: new AbortController() })

test('so many loads go on at a time; the next begins when one has ended', async () => {
  const turns = new LoadTurns(2)
  const begun: string[] = []
  const take = async (name: string, isAsked = true): Promise<() => void> => {
    const release = await turns.take(taker(isAsked))
    begun.push(name)
    return release
  }
  const first = await take('first')
  await take('second')
  const third = take('third')
  await Promise.resolve()
  assert.deepEqual(begun, ['first', 'second'])
  first()
  await third
  assert.deepEqual(begun, ['first', 'second', 'third'])
})

test('a load that someone waits for goes before those that nobody does, also when it is asked for only while it waits', async () => {
  const turns = new LoadTurns(1)
  const begun: string[] = []
  const take = async (name: string, load: TurnTaker): Promise<void> => {
    const giveBack = await turns.take(load)
    begun.push(name)
    giveBack()
  }
  const release = await turns.take(taker(false))
  const late = taker(false)
  const all = [take('proof', taker(false)), take('asked late', late), take('asked', taker(true))]
  late.isAsked = true
  release()
  await Promise.all(all)
  assert.deepEqual(begun, ['asked late', 'asked', 'proof'])
})

test('a load that is given up while it waits leaves the line, and takes no turn from the others', async () => {
  const turns = new LoadTurns(1)
  const release = await turns.take(taker(true))
  const given = taker(true)
  const refused = assert.rejects(turns.take(given), { name: 'AbortError' })
  const next = turns.take(taker(true))
  given.giveUp.abort()
  await refused
  release()
  await next
  await assert.rejects(turns.take(given), { name: 'AbortError' })
})
