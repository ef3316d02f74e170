import Type from 'typebox'
import { type ErrorCode, errorTable, ServingError } from '../../contracts/error.ts'
import { defineRoute, type Route } from '../route.ts'

const ErrorRowView = Type.Object({ code: Type.String(), status: Type.Integer(), category: Type.String(), title: Type.String(), retryable: Type.Boolean() })

const isCode = (text: string): text is ErrorCode => Object.hasOwn(errorTable, text)

const explain = defineRoute({
  method: 'GET',
  path: '/errors/:code',
  tag: 'Meta',
  summary: 'What an error code means; the `type` of every problem points here',
  params: Type.Object({ code: Type.String() }, { additionalProperties: false }),
  answer: ErrorRowView,
  codes: ['route_not_found'],
  handle({ params }) {
    const { code } = params
    if (!isCode(code)) throw new ServingError('route_not_found', 'There is no error of that code')
    return { code, ...errorTable[code] }
  },
})

/** GET /errors/{code}. */
export const errorRoutes: readonly Route[] = [explain]
