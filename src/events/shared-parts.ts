import type { Decision } from '../contracts/decision.ts'
import type { Guard } from '../contracts/predict.ts'
import { Form } from './form.ts'

type Fields = Pick<
  Decision,
  'keyId' | 'model' | 'label' | 'clock' | 'featureSetDigest' | 'featureIds' | 'statuses' | 'degraded' | 'reason' | 'servedBy' | 'variant' | 'experiment'
>

/** What neighbouring decisions have in common, so that each refers to it instead of holding it: who asked, which version with which inputs, in which state these were, and all words of the outcome. */
export class SharedParts {
  readonly fields: Fields
  readonly prediction: Form<Decision['prediction']>
  readonly timings: Form<Decision['timings']>
  readonly guards: readonly Form<Guard>[]
  /** Numbers in prediction, timings and guards. */
  readonly numbers: number
  constructor(decision: Decision) {
    const { keyId, model, label, clock, featureSetDigest, featureIds, statuses, degraded, reason, servedBy, variant, experiment } = decision
    this.fields = { keyId, model, label, clock, featureSetDigest, featureIds, statuses, degraded, reason, servedBy, variant, experiment }
    this.prediction = new Form(decision.prediction)
    this.timings = new Form(decision.timings)
    this.guards = decision.guards.map((guard) => new Form(guard))
    this.numbers = [this.prediction, this.timings, ...this.guards].reduce((sum, { numbers }) => sum + numbers, 0)
  }

  /** True if they are the decision's too. */
  fit(decision: Decision): boolean {
    const { fields, prediction, timings, guards } = this
    if (!haveSameSource(fields, decision) || !haveSameState(fields, decision) || guards.length !== decision.guards.length) return false
    if (!prediction.fits(decision.prediction) || !timings.fits(decision.timings)) return false
    for (let i = 0; i < guards.length; i++) if (!(guards[i] as Form).fits(decision.guards[i] as Guard)) return false
    return true
  }
}

const haveSameSource = (one: Fields, other: Fields): boolean =>
  one.keyId === other.keyId &&
  one.model === other.model &&
  one.label === other.label &&
  one.variant === other.variant &&
  one.experiment === other.experiment &&
  one.featureSetDigest === other.featureSetDigest &&
  one.featureIds === other.featureIds

const haveSameState = (one: Fields, other: Fields): boolean =>
  one.clock === other.clock &&
  one.degraded === other.degraded &&
  one.reason === other.reason &&
  one.servedBy === other.servedBy &&
  haveSameStatuses(one.statuses, other.statuses)

function haveSameStatuses(one: Fields['statuses'], other: Fields['statuses']): boolean {
  if (one === other) return true
  if (one.length !== other.length) return false
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false
  return true
}

const rememberedAtMost = 16

/** Finds the shared parts of a decision among those that were used last. */
export class RecentParts {
  readonly #recent: SharedParts[] = []
  #next = 0

  /** Parts that fit the decision: the same object as for an earlier decision where there was one lately. */
  of(decision: Decision): SharedParts {
    for (const parts of this.#recent) if (parts.fit(decision)) return parts
    const parts = new SharedParts(decision)
    this.#recent[this.#next] = parts
    this.#next = (this.#next + 1) % rememberedAtMost
    return parts
  }
}
