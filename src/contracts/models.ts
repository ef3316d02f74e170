import Type, { type Static } from 'typebox'
import { semverPattern } from './manifest.ts'

const strict = { additionalProperties: false } as const
const nullable = (type: ReturnType<typeof Type.Number>) => Type.Union([type, Type.Null()])

/** `active`: verified and labelled. `standby`: verified. `available`: on disk. `failed`: with a reason. `retired`: known, no longer on disk. */
export const versionStatuses = ['active', 'standby', 'available', 'loading', 'failed', 'retired'] as const
/** One of `versionStatuses`. */
export type VersionStatus = (typeof versionStatuses)[number]

/** Labels that a client may move; `latest` moves by itself unless it is pinned, `previous` is kept by the server. */
export const movableLabels = ['latest', 'stable', 'canary'] as const
/** One of `movableLabels`. */
export type MovableLabel = (typeof movableLabels)[number]

const versionParts = {
  version: Type.String(),
  status: Type.Enum([...versionStatuses]),
  reason: Type.Optional(
    Type.String({ description: 'Why a failed version failed, why one that is in memory could not be loaded again, or why it answers nothing at the moment' }),
  ),
  accuracy: nullable(Type.Number()),
  training_date: Type.String(),
  runtime: Type.String(),
  labels: Type.Array(Type.String()),
  verified: Type.Boolean(),
  loaded: Type.Boolean(),
  memory_bytes: Type.Integer(),
  digest: Type.String(),
}
const ModelSummary = Type.Object({
  name: Type.String(),
  ...versionParts,
  features: Type.Array(Type.String()),
  symbols: Type.Array(Type.String()),
  requests: Type.Integer(),
})
/** One model as GET /models lists it: its `latest` version, or its newest where it has none, with the specification's fields. */
export type ModelSummary = Static<typeof ModelSummary>
const RefusedBundle = Type.Object({
  folder: Type.String({ description: 'Below the models folder; NAME/VERSION where it is named as a bundle is' }),
  reason: Type.String(),
})
/** A folder that looks like a bundle and is not served from where it lies, or with the bytes that it has. */
export type RefusedBundle = Static<typeof RefusedBundle>
/** Answer of GET /models. */
export const ModelsResponse = Type.Object({
  models: Type.Array(ModelSummary),
  refused: Type.Array(RefusedBundle, {
    description: 'Folders that look like bundles and are none that can be served: what is wrong with their model.yaml or their name',
  }),
})
/** An answer of GET /models. */
export type ModelsResponse = Static<typeof ModelsResponse>

const VersionSummary = Type.Object(versionParts)
/** One version as GET /models/{name}/versions lists it. */
export type VersionSummary = Static<typeof VersionSummary>
/** Answer of GET /models/{name}/versions, newest first. */
export const VersionsResponse = Type.Object({ model_name: Type.String(), versions: Type.Array(VersionSummary) })
/** An answer of GET /models/{name}/versions. */
export type VersionsResponse = Static<typeof VersionsResponse>

const Golden = Type.Object({ rows: Type.Integer(), reproduced: Type.Integer(), max_abs_error: Type.Number() })
const HistoryEntry = Type.Object({ at: Type.String(), event: Type.String(), detail: Type.String() })
/** Answer of GET /models/{name} (the version that GET /models lists) and GET /models/{name}/versions/{version}: the manifest, the golden-row result, what happened to it, newest first. */
export const VersionResponse = Type.Object({
  model_name: Type.String(),
  ...versionParts,
  state: Type.String({ description: 'empty, loading, warming, verifying, ready, draining or failed' }),
  engine: Type.Optional(Type.String()),
  protection: Type.Optional(Type.String({ description: 'What keeps its process apart from the machine: bubblewrap (no network, read-only files) or rlimits' })),
  golden: Type.Optional(Golden),
  manifest: Type.Unknown({ description: 'model.yaml as it was read' }),
  history: Type.Optional(Type.Array(HistoryEntry, { description: 'Absent while the metadata store cannot be read' })),
})
/** An answer of GET /models/{name}/versions/{version}. */
export type VersionResponse = Static<typeof VersionResponse>

const reason = Type.Optional(Type.String({ maxLength: 500, description: 'Why, for the deployment history' }))
/** Body of PUT /models/{name}/labels/{label}. */
export const LabelRequest = Type.Object({ version: Type.String({ pattern: semverPattern.replace('^', '^v?'), maxLength: 65 }), reason }, strict)
/** A checked body of PUT /models/{name}/labels/{label}. */
export type LabelRequest = Static<typeof LabelRequest>
/** Body of POST /models/{name}/rollback, load and unload, and of DELETE /models/{name}/labels/{label}. */
export const ReasonRequest = Type.Object({ reason }, strict)
/** A checked body with a reason. */
export type ReasonRequest = Static<typeof ReasonRequest>

/** Answer of a label move, its end of being pinned, or a rollback: where the label points now, and where it pointed. */
export const LabelResponse = Type.Object({ model_name: Type.String(), label: Type.String(), version: Type.String(), before: Type.Optional(Type.String()) })
/** An answer of a label move. */
export type LabelResponse = Static<typeof LabelResponse>

/** Who asks for a change, and why. */
export type Change = { readonly keyId: string; readonly reason: string | undefined }

/** What the gateway asks of the models beyond a lease. Throws `model_not_found`, `version_not_found`, `label_conflict`, and what loading throws. */
export interface ModelAdmin {
  list(): ModelsResponse
  versions(name: string): VersionsResponse
  model(name: string): Promise<VersionResponse>
  version(name: string, selector: string): Promise<VersionResponse>
  load(name: string, version: string, change: Change): Promise<VersionResponse>
  unload(name: string, version: string, change: Change): Promise<VersionResponse>
  setLabel(name: string, move: { readonly label: string; readonly version: string }, change: Change): Promise<LabelResponse>
  unpinLabel(name: string, label: string, change: Change): Promise<LabelResponse>
  rollback(name: string, change: Change): Promise<LabelResponse>
}
