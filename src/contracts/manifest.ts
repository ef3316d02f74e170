import Type, { type Static } from 'typebox'
import { fallbackReasons } from './fallback.ts'
import { type RuntimeKind, runtimeKinds } from './loaded-model.ts'
import { signals } from './predict.ts'
import { timeframes } from './timeframe.ts'

const strict = { additionalProperties: false } as const

/** Semantic version without build metadata, as a manifest writes it (no leading `v`). */
export const semverPattern = '^(0|[1-9]\\d{0,8})\\.(0|[1-9]\\d{0,8})\\.(0|[1-9]\\d{0,8})(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$'
/** Names of models. */
export const modelNamePattern = '^[a-z0-9_]{1,64}$'
/** How long something may take or be old, e.g. `15m`. */
export const duration = Type.String({ pattern: '^[1-9]\\d{0,8}(ms|s|m|h|d)$', description: 'A whole number with its unit: 250ms, 15m, 1h' })
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const moment = Type.String({ minLength: 20, maxLength: 40, description: 'RFC 3339 with a zone, quoted or not' })
/** Paths inside a bundle: one plain name or folders below it, never upwards. */
const innerPath = Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$', maxLength: 200 })
const probability = Type.Number({ minimum: 0, maximum: 1 })

const treeFormats = ['lightgbm', 'xgboost-json', 'xgboost-ubj'] as const
const formatTable = {
  trees: [...treeFormats, 'sklearn-trees'],
  onnx: ['onnx'],
  python: [...treeFormats, 'sklearn-joblib', 'skops', 'tensorflow-savedmodel', 'keras', 'torchscript', 'torch-export', 'python-class'],
  module: ['esm'],
  remote: ['oip'],
} as const satisfies Record<RuntimeKind, readonly string[]>
/** How an artefact is written. */
export type ArtefactFormat = (typeof formatTable)[RuntimeKind][number]
/** The formats that each runtime executes. */
export const formatsOf: Readonly<Record<RuntimeKind, readonly ArtefactFormat[]>> = formatTable
/** Every `ArtefactFormat`, once. */
const artefactFormats: readonly ArtefactFormat[] = [...new Set(Object.values(formatsOf).flat())]

/** Formats whose reading can run whatever their author wrote: off unless `models.allowUnsafeFormats`. */
export const unsafeFormats: readonly ArtefactFormat[] = ['sklearn-joblib', 'torch-export', 'python-class']

const Artefact = Type.Object(
  {
    path: innerPath,
    format: Type.Enum([...artefactFormats]),
    class: Type.Optional(
      Type.String({ pattern: '^[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*)*:[A-Za-z_]\\w*$', description: 'python-class: module:Class inside the artefact' }),
    ),
    method: Type.Optional(Type.Enum(['predict_proba', 'predict', 'decision_function'], { description: 'scikit-learn: what is called' })),
  },
  strict,
)

const Execution = Type.Object(
  {
    device: Type.Optional(Type.Enum(['cpu', 'cuda'])),
    batching: Type.Optional(Type.Object({ max_rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 65536 })), max_delay: Type.Optional(duration) }, strict)),
    workers: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
    spares: Type.Optional(Type.Integer({ minimum: 0, maximum: 8 })),
    recycle_after: Type.Optional(Type.Integer({ minimum: 1, description: 'Calls after which a worker is replaced' })),
  },
  strict,
)

const Limits = Type.Object(
  {
    timeout: Type.Optional(duration),
    max_batch: Type.Optional(Type.Integer({ minimum: 1, maximum: 65536 })),
    memory: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,8}(KiB|MiB|GiB)$', description: 'Memory of one worker process: 512MiB' })),
  },
  strict,
)

const Metrics = Type.Object(
  {
    accuracy: Type.Optional(probability),
    log_loss: Type.Optional(Type.Number({ minimum: 0 })),
    base_log_loss: Type.Optional(Type.Number({ minimum: 0 })),
    n: Type.Optional(Type.Integer({ minimum: 0 })),
    n_effective: Type.Optional(Type.Number({ minimum: 0 })),
    interval: Type.Optional(Type.Tuple([Type.Number(), Type.Number()])),
    window: Type.Optional(Type.Tuple([moment, moment])),
    coverage: Type.Optional(probability),
    hit_rate_after_cost: Type.Optional(probability),
  },
  strict,
)

const InputTensor = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    features: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 2000 }),
    window: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'The newest vectors that it takes; inputs.window where it does not say' })),
  },
  strict,
)

const end = Type.Union([Type.Number(), Type.Null()])
const Inputs = Type.Object(
  {
    timeframe: Type.Enum(Object.keys(timeframes) as (keyof typeof timeframes)[]),
    feature_set_digest: Type.Optional(sha256),
    features: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 2000 }),
    window: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    tensors: Type.Optional(
      Type.Array(InputTensor, { minItems: 1, maxItems: 64, description: 'onnx: which features go into which input of a graph of several' }),
    ),
    optional: Type.Optional(Type.Array(Type.String(), { maxItems: 2000 })),
    max_age: Type.Optional(duration),
    gaps: Type.Optional(
      Type.Object(
        { flat: Type.Integer({ minimum: 1, maximum: 1000 }) },
        { ...strict, description: 'Gaps of at most so many bars count as empty bars; default: every gap begins anew' },
      ),
    ),
    ranges: Type.Optional(
      Type.Record(Type.String(), Type.Tuple([end, end]), {
        description: 'Features whose values are held to a narrower range than their own: least and most, null where there is no end',
      }),
    ),
  },
  strict,
)

const knots = Type.Array(Type.Number(), { minItems: 2, maxItems: 1000 })
const Calibration = Type.Union([
  Type.Object({ kind: Type.Literal('none') }, strict),
  Type.Object({ kind: Type.Literal('platt'), a: Type.Number(), b: Type.Number() }, strict),
  Type.Object({ kind: Type.Literal('isotonic'), x: knots, y: knots }, strict),
  Type.Object({ kind: Type.Literal('temperature'), t: Type.Number({ exclusiveMinimum: 0 }) }, strict),
])
const ReliabilityTable = Type.Object({ probability: knots, success: knots }, strict)
const Reliability = Type.Object({ full: ReliabilityTable, partial: Type.Optional(ReliabilityTable) }, strict)

const Output = Type.Object(
  {
    kind: Type.Enum(['binary', 'multiclass', 'regression']),
    classes: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { minItems: 2, maxItems: 100 })),
    tensor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    calibration: Type.Optional(Calibration),
    reliability: Type.Optional(Reliability),
  },
  strict,
)

const ClassRule = Type.Object({ class: Type.String(), at_least: probability }, strict)
const Signal = Type.Object(
  {
    buy: Type.Union([ClassRule, Type.Object({ value_at_least: Type.Number() }, strict)]),
    sell: Type.Union([ClassRule, Type.Object({ value_at_most: Type.Number() }, strict)]),
    note: Type.Optional(Type.String({ maxLength: 500 })),
  },
  strict,
)

const Label = Type.Object(
  { kind: Type.Enum(['direction', 'return', 'triple_barrier']), horizon: duration, cost_bps: Type.Number({ minimum: 0, maximum: 1000 }) },
  strict,
)

const on = Type.Optional(Type.Array(Type.Enum([...fallbackReasons]), { minItems: 1, uniqueItems: true, description: 'Only for these reasons' }))
/** What can answer in place of a model, by the key that says which. */
export const fallbackForms = {
  model: Type.Object(
    {
      model: Type.String({ pattern: modelNamePattern }),
      version: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Version or label' })),
      on,
    },
    strict,
  ),
  values: Type.Object({ values: Type.Record(Type.String(), Type.Number(), { minProperties: 1 }), on }, strict),
  signal: Type.Object({ signal: Type.Enum([...signals]), confidence: probability, on }, strict),
}
const FallbackStep = Type.Union([fallbackForms.model, fallbackForms.values, fallbackForms.signal])

/** The manifest `model.yaml` of a bundle: unknown keys are errors; every file beside it is named in `files` with its SHA-256. */
export const ManifestSchema = Type.Object(
  {
    schema: Type.Literal(1),
    name: Type.String({ pattern: modelNamePattern }),
    version: Type.String({ pattern: semverPattern, maxLength: 64 }),
    runtime: Type.Enum([...runtimeKinds]),
    artefact: Artefact,
    training_date: moment,
    metrics: Metrics,
    symbols: Type.Array(Type.String({ minLength: 1, maxLength: 85 }), { minItems: 1, maxItems: 1000 }),
    inputs: Inputs,
    output: Output,
    signal: Signal,
    label: Label,
    fallback: Type.Optional(Type.Array(FallbackStep, { minItems: 1, maxItems: 8 })),
    limits: Type.Optional(Limits),
    execution: Type.Optional(Execution),
    reference: Type.Optional(innerPath),
    golden: Type.Optional(innerPath),
    files: Type.Record(Type.String(), sha256),
    provenance: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]))),
  },
  { ...strict, $id: 'presage-model-manifest', title: 'Presage model manifest' },
)

/** A manifest that fits `ManifestSchema`. */
export type Manifest = Static<typeof ManifestSchema>
/** One link of a chain of fallbacks. */
export type FallbackStep = Static<typeof FallbackStep>
/** One input of a model that takes several: its columns, in this order, of the newest vectors. */
export type InputTensorSpec = Static<typeof InputTensor>
/** How raw model output becomes a calibrated probability. */
export type CalibrationSpec = Static<typeof Calibration>
/** Probability of acting right, by calibrated probability. */
export type ReliabilitySpec = Static<typeof ReliabilityTable>

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Ms of a duration that the schema accepted, e.g. `15m`. */
export function durationMs(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text)
  if (!match) throw new RangeError(`not a duration: ${text}`)
  return Number(match[1]) * units[match[2] as keyof typeof units]
}

const sizes = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const

/** Bytes of a size that the schema accepted, e.g. `512MiB`. */
export function sizeBytes(text: string): number {
  const match = /^(\d+)(KiB|MiB|GiB)$/.exec(text)
  if (!match) throw new RangeError(`not a size: ${text}`)
  return Number(match[1]) * sizes[match[2] as keyof typeof sizes]
}
