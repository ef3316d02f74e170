import type { Call } from '../contracts/call.ts'
import type { FeatureVector } from '../contracts/features.ts'
import type { PredictBatchRequest, PredictBatchResponse, PredictRequest } from '../contracts/predict.ts'
import type { KnownVersion } from '../contracts/served-model.ts'
import type { Case } from './answers.ts'
import type { ModelPlan } from './model-plan.ts'
import type { Plan } from './select.ts'
import type { ReadVector } from './snapshot-reads.ts'

/** One item of a batch's answer. */
export type Item = PredictBatchResponse['predictions'][number]
/** One batch on its way; `plan` is there once its model is. */
export type Batch = {
  readonly request: PredictBatchRequest
  readonly call: Call
  readonly started: number
  readonly read: ReadVector
  chosen: Plan | undefined
  plan: ModelPlan | undefined
}
/** An answer, or the promise of one from a fallback. */
export type Coming = Item | Promise<Item>
/** An item that is ready for the model, or what becomes of it without. */
export type Slot = { readonly item: Case } | { readonly settled: Coming }
/** One item and the version that it is for; `reading` is there once something was read for it. */
export type Asked = { readonly request: PredictRequest; readonly asked: KnownVersion; asOf?: number | undefined; reading?: FeatureVector }

/** True if no answer is still to come. */
export const areThere = (items: readonly Coming[]): items is Item[] => !items.some((item) => item instanceof Promise)

/** Every answer, once it is there. */
export const allOf = (items: readonly Coming[]): Promise<Item[]> => Promise.all(items.map((item) => Promise.resolve(item)))

/** An item whose inputs were ready, as it was asked. */
export const askedOf = ({ request, plan, label, inputs }: Case): Asked => ({ request, asked: { ...plan.model, label }, reading: inputs.reading })
