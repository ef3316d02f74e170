import Type from 'typebox'
import { DecisionView } from '../../contracts/decision-view.ts'
import { ServingError } from '../../contracts/error.ts'
import { renderDecision } from '../../events/render-decision.ts'
import { defineRoute, type Route } from '../route.ts'

const read = defineRoute({
  method: 'GET',
  path: '/decisions/:id',
  scope: 'predict',
  detailScope: 'audit:read',
  tag: 'Predictions',
  summary: 'The full record of an answered prediction, while it is remembered',
  params: Type.Object({ id: Type.String({ maxLength: 300 }) }, { additionalProperties: false }),
  answer: DecisionView,
  codes: ['decision_not_found'],
  handle({ params, call, detailed }, { decisions }) {
    const decision = decisions.get(params.id)
    // To others than its owner and auditors, a decision looks as if it did not exist.
    if (decision === undefined || (decision.keyId !== call.keyId && !detailed))
      throw new ServingError('decision_not_found', 'No decision of that id is remembered for this key')
    return renderDecision(decision)
  },
})

/** GET /decisions/{id}. */
export const decisionRoutes: readonly Route[] = [read]
