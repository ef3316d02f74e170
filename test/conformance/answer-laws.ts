import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import type { LoadedModel } from '../../src/contracts/loaded-model.ts'
import { checkOptional, type GoldenRows } from '../../src/models/golden.ts'
import { inferEach } from '../../src/prediction/infer.ts'
import { makeOutputRule } from '../../src/prediction/output-rule.ts'
import { systemClock } from '../../src/system.ts'
import { type Law, patient, type Subject } from './subject.ts'

/** What prediction makes of one row: its signal, or the code that it is refused with. */
async function outcomeOf({ model, prepared }: Subject, row: Float64Array): Promise<string> {
  try {
    return makeOutputRule(prepared.manifest, model.outputs)(await model.predict(row, 1, patient()), true).signal
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

/** A row with one value missing: the last. */
function withMissing(subject: Subject): Float64Array {
  const row = subject.rows(1)
  row[subject.model.inputs - 1] = Number.NaN
  return row
}

/** What a batch makes of rows, each judged: its values, or the code that it is refused with. */
async function outcomesOf({ model, prepared: { manifest } }: Subject, rows: Float64Array): Promise<(string | readonly number[])[]> {
  const judge = makeOutputRule(manifest, model.outputs)
  const { name, version } = manifest
  const callee = { model: { ref: { name, version, digest: '' }, runtime: model }, timeoutMs: Infinity }
  const outcomes = await inferEach(callee, { values: rows, count: rows.length / model.inputs }, { deadline: patient(), clock: systemClock })
  return outcomes.map((outcome) => {
    try {
      if (outcome instanceof Error) throw outcome
      judge(outcome.output, true)
      return [...outcome.output]
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
  })
}

const some = fc.record({ count: fc.constantFrom(0, 1, 2, 7, 64, 65, 200), seed: fc.integer() })

async function checkTogether(subject: Subject, { count, seed }: { readonly count: number; readonly seed: number }): Promise<void> {
  const rows = subject.rows(count, seed)
  const before = rows.slice()
  assert.deepEqual(await subject.model.predict(rows, count, patient()), await subject.singles(before))
  assert.deepEqual(rows, before, 'the rows of the caller have changed')
}

/** Single rows on the spot. */
function onTheSpot(model: LoadedModel, rows: Float64Array): Float64Array {
  const { inputs, outputs } = model
  const answer = new Float64Array((rows.length / inputs) * outputs)
  for (let i = 0; i * inputs < rows.length; i += 1)
    model.predictSync?.(rows.subarray(i * inputs, (i + 1) * inputs), answer.subarray(i * outputs, (i + 1) * outputs))
  return answer
}

/** What a model answers. */
export const answerLaws: readonly Law[] = [
  {
    says: 'gives back the golden rows, and says what computes them',
    check: async ({ loaded, model, prepared }) => {
      assert.ok(loaded.golden && loaded.golden.rows >= 16 && loaded.golden.reproduced === loaded.golden.rows)
      const { spec, golden } = prepared
      assert.deepEqual([model.inputs, model.outputs], [spec.inputs * spec.window, golden?.outputsPerRow])
      assert.match(model.engine, /^\p{Letter}[\p{Letter} -]+/u)
    },
  },
  {
    says: 'answers many rows to the bit as each by itself, in their order, and leaves them as they are',
    check: (subject) =>
      fc.assert(
        fc.asyncProperty(some, (drawn) => checkTogether(subject, drawn)),
        { numRuns: 8, examples: [[{ count: 65, seed: 1 }], [{ count: 0, seed: 1 }]] },
      ),
  },
  {
    says: 'answers single rows on the spot to the bit as later, where it can',
    concerns: ({ name }) => name.startsWith('trees'),
    check: async (subject) => {
      const rows = subject.rows(50)
      assert.deepEqual(onTheSpot(subject.model, rows), await subject.singles(rows))
    },
  },
  {
    says: 'keeps calls apart that come at the same time',
    check: async (subject) => {
      const counts = [1, 3, 1, 70, 2, 1, 1, 5, 1, 1]
      const calls = counts.map((count, i) => subject.rows(count, i))
      const answers = await Promise.all(calls.map((rows, i) => subject.model.predict(rows, counts[i] as number, patient())))
      for (const [i, rows] of calls.entries()) assert.deepEqual(answers[i], await subject.singles(rows))
    },
  },
  {
    says: 'answers a row with a missing value as its golden rows prove, or has it refused as model_output_invalid',
    concerns: ({ missing }) => missing !== 'unproven',
    check: async (subject) => {
      const outcome = await outcomeOf(subject, withMissing(subject))
      assert.match(outcome, subject.adapter.missing === 'answered' ? /^(BUY|SELL|HOLD)$/ : /^model_output_invalid$/)
    },
  },
  {
    says: 'answers the other rows of a batch to the bit where it refuses some',
    concerns: ({ missing }) => missing === 'refused',
    check: async (subject) => {
      const { inputs, outputs } = subject.model
      const rows = subject.rows(23)
      const singles = await subject.singles(rows)
      const refused = [0, 7, 8, 22]
      for (const row of refused) rows[(row + 1) * inputs - 1] = Number.NaN
      const wanted = Array.from({ length: 23 }, (_, row) =>
        refused.includes(row) ? 'model_output_invalid' : [...singles.subarray(row * outputs, (row + 1) * outputs)],
      )
      assert.deepEqual(await outcomesOf(subject, rows), wanted)
    },
  },
  {
    says: 'makes a number of a missing value that no golden row proves, and may not name an input optional',
    concerns: ({ missing }) => missing === 'unproven',
    check: async (subject) => {
      const { golden, manifest } = subject.prepared
      assert.match(await outcomeOf(subject, withMissing(subject)), /^(BUY|SELL|HOLD)$/)
      const inputs = { ...manifest.inputs, optional: manifest.inputs.features.slice(0, 1) }
      assert.throws(() => checkOptional(golden as GoldenRows, inputs), { name: 'ServingError', code: 'model_verification_failed' })
    },
  },
  {
    says: 'answers the rows of others whatever becomes of a row with a missing value',
    check: async (subject) => {
      const { model } = subject
      const good = subject.rows(5)
      const [, ...answers] = await Promise.allSettled([
        model.predict(withMissing(subject), 1, patient()),
        ...[0, 1, 2, 3, 4].map((i) => model.predict(good.slice(i * model.inputs, (i + 1) * model.inputs), 1, patient())),
      ])
      const wanted = await subject.singles(good)
      const given = answers.flatMap((answer): (number | string)[] => (answer.status === 'fulfilled' ? [...answer.value] : [String(answer.reason)]))
      assert.deepEqual(given, [...wanted])
    },
  },
  {
    says: 'refuses rows that do not make up their count with a RangeError, and goes on',
    check: async (subject) => {
      const { model } = subject
      const rows = subject.rows(2)
      for (const [wrong, count] of [
        [rows, 1],
        [rows, 3],
        [rows.slice(1), 2],
        [rows.slice(0, 1), 0],
      ] as const)
        await assert.rejects(model.predict(wrong, count, patient()), RangeError)
      if (model.explain) await assert.rejects(model.explain(rows, patient()), RangeError)
      assert.equal((await model.predict(rows, 2, patient())).length, 2 * model.outputs)
    },
  },
]
