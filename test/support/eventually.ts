import { setTimeout as wait } from 'node:timers/promises'

const patienceMs = 60_000
const pauseMs = 20

/** The first answer of a question that is not undefined or false; asked again and again until then. Throws what was wanted when that takes a minute. */
export async function eventually<Answer>(what: string, question: () => Answer | undefined | false | Promise<Answer | undefined | false>): Promise<Answer> {
  const until = performance.now() + patienceMs
  while (performance.now() < until) {
    const answer = await question()
    if (answer !== undefined && answer !== false) return answer
    await wait(pauseMs)
  }
  throw new Error(`${what}: it did not come about within ${patienceMs / 1_000} s`)
}
