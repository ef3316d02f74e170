import Type, { type Static, type TSchema } from 'typebox'
import { artefactFormats } from './artefact-formats.ts'
import { fallbackReasons } from './fallback.ts'
import { runtimeKinds } from './loaded-model.ts'
import { signals } from './predict.ts'
import { timeframes } from './timeframe.ts'

const strict = { additionalProperties: false } as const
/** The same values, said of one place. */
const described = <Schema extends TSchema>(schema: Schema, description: string): Schema => ({ ...schema, description })

/** Semantic version without build metadata, as a manifest writes it (no leading `v`). */
export const semverPattern = '^(0|[1-9]\\d{0,8})\\.(0|[1-9]\\d{0,8})\\.(0|[1-9]\\d{0,8})(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$'
/** Names of models. */
export const modelNamePattern = '^[a-z0-9_]{1,64}$'
/** How long something may take or be old, e.g. `15m`. */
export const duration = Type.String({ pattern: '^[1-9]\\d{0,8}(ms|s|m|h|d)$', description: 'A whole number with its unit: 250ms, 15m, 1h' })
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256, hexadecimal' })
const moment = Type.String({ maxLength: 40, description: 'A moment with its zone, RFC 3339: 2024-01-10T00:00:00Z' })
/** Paths inside a bundle: one plain name or folders below it, never upwards. */
const innerPath = Type.String({
  pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$',
  maxLength: 200,
  description: 'A file or folder of the bundle, never above it',
})
const probability = Type.Number({ minimum: 0, maximum: 1 })

const Artefact = Type.Object(
  {
    path: described(innerPath, 'The file or folder that the framework wrote'),
    format: Type.Enum([...artefactFormats], { description: 'How it is written; each runtime has its own' }),
    class: Type.Optional(
      Type.String({ pattern: '^[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*)*:[A-Za-z_]\\w*$', description: 'python-class: module:Class inside the artefact' }),
    ),
    method: Type.Optional(Type.Enum(['predict_proba', 'predict', 'decision_function'], { description: 'sklearn-joblib, skops: what is called' })),
  },
  strict,
)

const Execution = Type.Object(
  {
    device: Type.Optional(Type.Enum(['cpu', 'cuda'], { description: 'onnx, python: where to compute; the CPU unless it says otherwise' })),
    batching: Type.Optional(
      Type.Object(
        {
          max_rows: Type.Optional(Type.Integer({ minimum: 1, maximum: 65536, description: 'Most rows of calls that go together' })),
          max_delay: Type.Optional(described(duration, 'Longest that a call waits for others')),
        },
        strict,
      ),
    ),
    workers: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, description: 'Processes that answer' })),
    spares: Type.Optional(Type.Integer({ minimum: 0, maximum: 8, description: 'Processes that are ready to take the place of one that dies' })),
    recycle_after: Type.Optional(Type.Integer({ minimum: 1, description: 'Calls after which a worker is replaced' })),
  },
  strict,
)

const Limits = Type.Object(
  {
    timeout: Type.Optional(described(duration, 'Longest that a call may take')),
    max_batch: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65536, description: 'Most rows that the model is given at once; larger requests go in parts' }),
    ),
    memory: Type.Optional(
      Type.String({
        pattern: '^[1-9]\\d{0,8}(KiB|MiB|GiB)$',
        description:
          'onnx, python, module: most memory of one of its processes, as 512MiB; at most models.processMemoryMb, which holds where this is not said. One that takes more once it is loaded is refused, one that grows beyond it is replaced',
      }),
    ),
  },
  strict,
)

const Metrics = Type.Object(
  {
    accuracy: Type.Optional(described(probability, 'Share of rows whose class, or whose sign, was right')),
    log_loss: Type.Optional(Type.Number({ minimum: 0, description: 'Mean negative log likelihood of what came' })),
    base_log_loss: Type.Optional(Type.Number({ minimum: 0, description: 'The same of constant frequencies' })),
    n: Type.Optional(Type.Integer({ minimum: 0, description: 'Rows that it was measured on' })),
    n_effective: Type.Optional(Type.Number({ minimum: 0, description: 'The same where labels that overlap do not count twice' })),
    interval: Type.Optional(Type.Tuple([Type.Number(), Type.Number()], { description: '95 % interval of the accuracy' })),
    window: Type.Optional(Type.Tuple([moment, moment], { description: 'Time that the rows span' })),
    coverage: Type.Optional(described(probability, 'Share of rows that were acted on')),
    hit_rate_after_cost: Type.Optional(described(probability, 'Share of those that paid after cost')),
  },
  strict,
)

const InputTensor = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, description: 'Name of the input of the graph' }),
    features: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 2000, description: 'Which of inputs.features it takes' }),
    window: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'The newest vectors that it takes; inputs.window where it does not say' })),
  },
  strict,
)

const end = Type.Union([Type.Number(), Type.Null()])
const Inputs = Type.Object(
  {
    timeframe: Type.Enum(Object.keys(timeframes) as (keyof typeof timeframes)[], { description: 'Length of the bars at whose close the model answers' }),
    feature_set_digest: Type.Optional(described(sha256, 'The definitions of features that the model is for; a server that computes others refuses it')),
    features: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      minItems: 1,
      maxItems: 2000,
      description: 'Ids of features (docs/features.md), in the order of the columns',
    }),
    window: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1000, description: 'The newest vectors that a row has, oldest first; 1 unless it says otherwise' }),
    ),
    tensors: Type.Optional(
      Type.Array(InputTensor, { minItems: 1, maxItems: 64, description: 'onnx: which features go into which input of a graph of several' }),
    ),
    optional: Type.Optional(
      Type.Array(Type.String(), { maxItems: 2000, description: 'Features that may be missing (NaN); where another one is, the model is not asked' }),
    ),
    max_age: Type.Optional(described(duration, 'Oldest that the newest bar may be')),
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

const knots = Type.Array(Type.Number(), { minItems: 2, maxItems: 1000, description: 'Knots of a line, rising' })
const levels = described(knots, 'What the line says at its knots: probabilities that do not fall')
const Calibration = Type.Union([
  Type.Object({ kind: Type.Literal('none') }, strict),
  Type.Object({ kind: Type.Literal('platt'), a: Type.Number(), b: Type.Number() }, strict),
  Type.Object({ kind: Type.Literal('isotonic'), x: knots, y: levels }, strict),
  // Below, rows of several classes would have no number left; above, nothing would be said any more.
  Type.Object({ kind: Type.Literal('temperature'), t: Type.Number({ minimum: 0.01, maximum: 100 }) }, strict),
])
const ReliabilityTable = Type.Object({ probability: knots, success: levels }, strict)
const Reliability = Type.Object({ full: ReliabilityTable, partial: Type.Optional(ReliabilityTable) }, strict)

const Output = Type.Object(
  {
    kind: Type.Enum(['binary', 'multiclass', 'regression'], { description: 'Probabilities of two classes or of more, or an amount' }),
    classes: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 40 }), { minItems: 2, maxItems: 100, description: 'Names of the classes in the order of the outputs' }),
    ),
    tensor: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'onnx, python: which output, where there are several' })),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: 'regression: what the amount is in, such as bps' })),
    calibration: Type.Optional(
      described(Calibration, 'From what the model says to a calibrated probability, in the same order: a above 0, y rising; an amount has none'),
    ),
    reliability: Type.Optional(
      described(
        Reliability,
        'How often acting was right, by calibrated probability (or amount): the confidence of answers; `partial` for rows with missing values. An amount without it has 0.5',
      ),
    ),
  },
  strict,
)

const ClassRule = Type.Object({ class: Type.String(), at_least: probability }, strict)
const atLeast = Type.Object({ value_at_least: Type.Number() }, strict)
const atMost = Type.Object({ value_at_most: Type.Number() }, strict)
const Signal = Type.Object(
  {
    buy: Type.Union([ClassRule, atLeast], { description: 'When to BUY: a class that is so likely, or an amount' }),
    sell: Type.Union([ClassRule, atMost], { description: 'When to SELL; HOLD where neither applies' }),
    note: Type.Optional(Type.String({ maxLength: 500, description: 'For people' })),
  },
  strict,
)

const Label = Type.Object(
  {
    kind: Type.Enum(['direction', 'return', 'triple_barrier'], { description: 'What the model was trained to foretell' }),
    horizon: described(duration, 'How far ahead'),
    cost_bps: Type.Number({ minimum: 0, maximum: 1000, description: 'Cost of acting, in hundredths of a percent' }),
  },
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
    schema: Type.Literal(1, { description: 'Version of this format' }),
    name: Type.String({ pattern: modelNamePattern, description: 'Name of the model, and of the folder above' }),
    version: Type.String({ pattern: semverPattern, maxLength: 64, description: 'Semantic version, and name of the folder' }),
    runtime: Type.Enum([...runtimeKinds], { description: 'What executes it (docs/runtimes.md)' }),
    artefact: Artefact,
    training_date: moment,
    metrics: described(Metrics, 'What was measured on rows that training did not see; `{}` where nothing was'),
    symbols: Type.Array(Type.String({ minLength: 1, maxLength: 85 }), {
      minItems: 1,
      maxItems: 1000,
      description: 'Symbols that it answers, such as BTC/USDT, or `*/USDT` for many; it answers no other',
    }),
    inputs: Inputs,
    output: Output,
    signal: Signal,
    label: Label,
    fallback: Type.Optional(
      Type.Array(FallbackStep, { minItems: 1, maxItems: 8, description: 'What answers in its place, tried in this order (docs/fallbacks.md)' }),
    ),
    limits: Type.Optional(Limits),
    execution: Type.Optional(described(Execution, 'For runtimes with processes of their own: onnx, python, module (without device and batching)')),
    reference: Type.Optional(described(innerPath, 'Bins of the inputs in training, for drift and novelty')),
    golden: Type.Optional(described(innerPath, 'At least 16 rows with the outputs of the original, which every load must reproduce')),
    files: Type.Record(Type.String(), sha256, { description: 'Every file of the bundle but `model.yaml`; `presage models seal` writes it' }),
    provenance: Type.Optional(
      Type.Record(Type.String({ maxLength: 100 }), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
        description: 'Where it comes from, for people: framework, commit, data; plain values',
      }),
    ),
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
