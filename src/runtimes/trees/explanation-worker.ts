import { parentPort } from 'node:worker_threads'
import { giveBack } from '../../processes/large-memory.ts'
import type { CompiledExplanations } from '../../trees/shap/compile-explanations.ts'
import { type Explainer, instantiateExplainer } from '../../trees/shap/explainer.ts'

/** What the thread is told: a model from now on, a row of it to explain, a model no more. */
export type ExplanationMessage =
  | { readonly model: number; readonly compiled: CompiledExplanations }
  | { readonly model: number; readonly call: number; readonly row: Float64Array }
  | { readonly model: number; readonly forget: true }
/** What it answers to a row. */
export type ExplanationAnswer = { readonly call: number; readonly contributions: Float64Array }

const explainers = new Map<number, Explainer>()

function learn({ model, compiled }: Extract<ExplanationMessage, { compiled: unknown }>): void {
  explainers.set(model, instantiateExplainer(compiled))
  // The explainer has memory of its own by now.
  giveBack(compiled.image)
}

function answer({ model, call, row }: Extract<ExplanationMessage, { call: number }>): void {
  const explainer = explainers.get(model)
  if (!explainer) throw new Error(`model ${model} is not known here`)
  const contributions = new Float64Array(explainer.outputs * (explainer.inputs + 1))
  explainer.contributions(row, contributions)
  parentPort?.postMessage({ call, contributions } satisfies ExplanationAnswer, [contributions.buffer])
}

parentPort?.on('message', (message: ExplanationMessage) => {
  if ('compiled' in message) learn(message)
  else if ('forget' in message) explainers.delete(message.model)
  else answer(message)
})
