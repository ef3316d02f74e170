import type { FeatureReads } from '../contracts/features.ts'
import type { Lease } from '../contracts/served-model.ts'
import type { ModelPlans } from './model-plan.ts'

/** Brings near what other replicas compute of symbols that a model admits; undefined when nothing has to be waited for. Gives the lease back when it throws. */
export function fetchVectors(
  lease: Lease,
  requests: readonly { readonly symbol: string }[],
  { plans, features }: { readonly plans: ModelPlans; readonly features: Pick<FeatureReads, 'fetch'> },
): Promise<unknown> | undefined {
  try {
    const plan = plans.of(lease.model)
    let coming: Promise<void>[] | undefined
    for (const { symbol } of requests) {
      const fetching = plan.admits(symbol) ? features.fetch(symbol) : undefined
      if (fetching) (coming ??= []).push(fetching)
    }
    return coming && Promise.all(coming)
  } catch (error) {
    lease.release()
    throw error
  }
}
