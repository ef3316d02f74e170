import assert from 'node:assert/strict'
import { explainable } from '../../src/prediction/explain.ts'
import { type Law, patient } from './subject.ts'

const logistic = (z: number): number => 1 / (1 + Math.exp(-z))

/** What a model says of its reasons. */
export const explanationLaws: readonly Law[] = [
  {
    says: 'explains rows by contributions that add up to what its output is made from',
    concerns: ({ explains = false }) => explains,
    check: async (subject) => {
      const { model } = subject
      const rows = subject.rows(10)
      const outputs = await model.predict(rows, 10, patient())
      for (let i = 0; i < 10; i += 1) {
        const parts = (await model.explain?.(rows.slice(i * model.inputs, (i + 1) * model.inputs), patient())) ?? new Float64Array()
        assert.equal(parts.length, model.inputs + 1)
        const sum = parts.reduce((all, part) => all + part, 0)
        assert.ok(Math.abs(logistic(sum) - (outputs[i] as number)) < 1e-6, `${logistic(sum)} is not ${outputs[i]}`)
      }
    },
  },
  {
    says: 'has no explanation, and whoever asks for one is told so',
    concerns: ({ explains = false }) => !explains,
    check: async ({ model, prepared: { manifest, digest } }) => {
      assert.ok(!model.explain)
      const ref = { name: manifest.name, version: manifest.version, digest }
      assert.throws(() => explainable({ ref, runtime: model }), { name: 'ServingError', code: 'explanation_unavailable' })
    },
  },
]
