import { after, before, test } from 'node:test'
import { adapters } from './adapters.ts'
import { answerLaws } from './answer-laws.ts'
import { explanationLaws } from './explanation-laws.ts'
import { lifeLaws } from './life-laws.ts'
import { loadLaws } from './load-laws.ts'
import { memoryLaws } from './memory-laws.ts'
import { Subject } from './subject.ts'
import { makeWorld, type World } from './world.ts'

const laws = [...answerLaws, ...explanationLaws, ...lifeLaws, ...loadLaws, ...memoryLaws]
let world: World
before(async () => {
  world = await makeWorld()
})
after(() => world.close())

for (const adapter of adapters)
  test(`a model of ${adapter.name}`, async (t) => {
    const dir = adapter.bundle(world, t)
    if (dir === undefined) return
    const subject = new Subject(adapter, dir, world)
    await subject.begin()
    t.after(() => subject.end())
    for (const { says, concerns, check } of laws) if (concerns?.(adapter) ?? true) await t.test(says, () => check(subject))
  })
