import Type from 'typebox'
import { modelNamePattern } from '../../contracts/manifest.ts'
import { type Change, LabelRequest, LabelResponse, ModelsResponse, ReasonRequest, VersionResponse, VersionsResponse } from '../../contracts/models.ts'
import { type Asked, defineRoute, type Route } from '../route.ts'

const strict = { additionalProperties: false } as const
const name = Type.String({ pattern: modelNamePattern })
const Name = Type.Object({ name }, strict)
const NameVersion = Type.Object(
  { name, version: Type.String({ minLength: 1, maxLength: 65, description: 'A version, with or without v, or a label' }) },
  strict,
)
const NameLabel = Type.Object({ name, label: Type.String({ minLength: 1, maxLength: 64 }) }, strict)

const tag = 'Models'
const unknown = ['model_not_found', 'version_not_found'] as const
const loading = [
  'model_verification_failed',
  'model_memory_exceeded',
  'model_unavailable',
  'feature_contract_mismatch',
  'version_conflict',
  'store_unavailable',
] as const
const loadBudgetMs = 120_000

const changeOf = ({ call, body }: Pick<Asked<ReasonRequest, unknown, unknown>, 'call' | 'body'>): Change => ({ keyId: call.keyId, reason: body.reason })

const reads: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/models',
    scope: 'models:read',
    tag,
    summary: 'Every model with its latest version, or its newest where it has no latest any more',
    answer: ModelsResponse,
    codes: [],
    handle: (_asked, { models }) => models.list(),
  }),
  defineRoute({
    method: 'GET',
    path: '/models/:name',
    scope: 'models:read',
    tag,
    summary: 'The version that GET /models lists: manifest, golden rows, history',
    params: Name,
    answer: VersionResponse,
    codes: ['model_not_found'],
    handle: ({ params }, { models }) => models.model(params.name),
  }),
  defineRoute({
    method: 'GET',
    path: '/models/:name/versions',
    scope: 'models:read',
    tag,
    summary: 'Every version, newest first',
    params: Name,
    answer: VersionsResponse,
    codes: ['model_not_found'],
    handle: ({ params }, { models }) => models.versions(params.name),
  }),
  defineRoute({
    method: 'GET',
    path: '/models/:name/versions/:version',
    scope: 'models:read',
    tag,
    summary: 'One version: manifest, golden rows, history',
    params: NameVersion,
    answer: VersionResponse,
    codes: unknown,
    handle: ({ params }, { models }) => models.version(params.name, params.version),
  }),
]

const residency: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/models/:name/versions/:version/load',
    scope: 'models:write',
    tag,
    summary: 'Load and verify a version now',
    params: NameVersion,
    body: ReasonRequest,
    bodyOptional: true,
    answer: VersionResponse,
    codes: [...unknown, ...loading],
    budgetMs: loadBudgetMs,
    handle: ({ params, body, call }, { models }) => models.load(params.name, params.version, changeOf({ call, body })),
  }),
  defineRoute({
    method: 'POST',
    path: '/models/:name/versions/:version/unload',
    scope: 'models:write',
    tag,
    summary: 'Give the memory of a version back, once nothing uses it',
    params: NameVersion,
    body: ReasonRequest,
    bodyOptional: true,
    answer: VersionResponse,
    codes: unknown,
    budgetMs: loadBudgetMs,
    handle: ({ params, body, call }, { models }) => models.unload(params.name, params.version, changeOf({ call, body })),
  }),
]

const labels: readonly Route[] = [
  defineRoute({
    method: 'PUT',
    path: '/models/:name/labels/:label',
    scope: 'models:write',
    tag,
    summary: 'Point a label to a verified version',
    description: 'The version is loaded first. `latest` stays where it is put, also when newer versions come, until it is moved again or DELETE lets it go.',
    params: NameLabel,
    body: LabelRequest,
    answer: LabelResponse,
    codes: [...unknown, ...loading, 'label_conflict'],
    budgetMs: loadBudgetMs,
    handle: ({ params, body, call }, { models }) => models.setLabel(params.name, { label: params.label, version: body.version }, changeOf({ call, body })),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/models/:name/labels/:label',
    scope: 'models:write',
    tag,
    summary: 'Let latest follow the highest verified release again',
    description:
      'For `latest` alone, after a PUT or a rollback pinned it; the version that it goes to is loaded first. Where nothing pins it, it stays as it is.',
    params: NameLabel,
    body: ReasonRequest,
    bodyOptional: true,
    answer: LabelResponse,
    codes: ['model_not_found', ...loading, 'label_conflict'],
    budgetMs: loadBudgetMs,
    handle: ({ params, body, call }, { models }) => models.unpinLabel(params.name, params.label, changeOf({ call, body })),
  }),
  defineRoute({
    method: 'POST',
    path: '/models/:name/rollback',
    scope: 'models:write',
    tag,
    summary: 'Point latest to the version that it pointed to before',
    description:
      'A rollback is a toggle: the version that it leaves is `previous` then, so a second one goes back to where the first came from. `latest` stays there, also when newer versions come, until it is moved or DELETE of the label lets it go.',
    params: Name,
    body: ReasonRequest,
    bodyOptional: true,
    answer: LabelResponse,
    codes: [...unknown, ...loading, 'label_conflict'],
    budgetMs: loadBudgetMs,
    handle: ({ params, body, call }, { models }) => models.rollback(params.name, changeOf({ call, body })),
  }),
]

/** Reading models; loading and unloading versions; moving labels. */
export const modelRoutes: readonly Route[] = [...reads, ...residency, ...labels]
