import { Errors } from 'typebox/schema'
import { fallbackForms, type FallbackStep, type Manifest, semverPattern } from '../contracts/manifest.ts'
import { fallbackReasons } from '../contracts/fallback.ts'
import { meant } from '../contracts/nearest-names.ts'
import { movableLabels } from '../contracts/models.ts'

type Kind = keyof typeof fallbackForms

const labels: readonly string[] = [...movableLabels, 'previous']
const version = new RegExp(semverPattern)
const kinds = Object.keys(fallbackForms) as Kind[]
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)

type Fault = { readonly instancePath: string; readonly message: string; readonly params: object }

/** A fault of the schema in words that say what to write. */
function faultOf(step: Readonly<Record<string, unknown>>, kind: Kind, { instancePath, message, params }: Fault): string {
  const { allowedValues = [] } = params as { readonly allowedValues?: readonly string[] }
  const at = instancePath
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (isObject(value) || Array.isArray(value) ? (value as never)[key] : undefined), step)
  const hint = allowedValues.length === 0 ? '' : ` one of ${allowedValues.join(', ')}, not ${JSON.stringify(at)}${meant(String(at), allowedValues)}`
  return `${instancePath === '' ? `/${kind}` : instancePath}${allowedValues.length === 0 ? ` ${message}` : ` must be${hint}`}`
}

/** What is wrong with one step by itself, where the schema of a union would only say that no form fits. */
function stepProblem(step: unknown): string | undefined {
  if (!isObject(step)) return ' must be a step such as { model: baseline }, { values: { ID: NUMBER } } or { signal: HOLD, confidence: 0.5 }'
  const named = kinds.filter((kind) => kind in step)
  const [kind] = named
  if (kind === undefined)
    return ` must say ${kinds.join(', ')}${Object.keys(step)
      .slice(0, 1)
      .map((key) => meant(key, kinds))
      .join('')}`
  if (named.length > 1) return ` says ${named.join(' and ')}: one step does one thing`
  const known = Object.keys(fallbackForms[kind].properties)
  const stranger = Object.keys(step).find((key) => !known.includes(key))
  if (stranger !== undefined) return `/${stranger} has no meaning beside ${kind}${meant(stranger, known)}`
  const [fault] = (Errors(fallbackForms[kind], step)[1] as readonly Fault[]).toSorted((a, b) => b.instancePath.length - a.instancePath.length)
  return fault && faultOf(step, kind, fault)
}

/** What is wrong with the steps of a manifest as it was written, whatever else is. */
export const fallbackFaults = (value: unknown): string[] =>
  isObject(value) && Array.isArray(value['fallback'])
    ? value['fallback'].flatMap((step: unknown, i) => {
        const problem = stepProblem(step)
        return problem === undefined ? [] : [`/fallback/${i}${problem}`]
      })
    : []

const modelReasons = ['unavailable', 'timeout', 'invalid_output'] as const
const statusReasons = fallbackReasons.filter((reason) => !(modelReasons as readonly string[]).includes(reason))

function valueProblems({ inputs }: Manifest, { values, on = [] }: Extract<FallbackStep, { values: unknown }>): string[] {
  const strangers = Object.keys(values).flatMap((id) => {
    if (!inputs.features.includes(id)) return [`/values names ${id}, which is not in inputs.features${meant(id, inputs.features)}`]
    return inputs.optional?.includes(id) === true ? [`/values names ${id}, which is optional: the model takes it missing`] : []
  })
  const others = on.filter((reason) => !statusReasons.includes(reason))
  return [...strangers, ...others.map((reason) => `/on: values do not help where a model is ${reason}; values are for ${statusReasons.join(', ')}`)]
}

function modelProblems(manifest: Manifest, { model, version: selector = 'latest' }: Extract<FallbackStep, { model: unknown }>): string[] {
  const plain = selector.replace(/^v/, '')
  if (!version.test(plain) && !labels.includes(selector)) return [`/version ${selector} is neither a version nor a label${meant(selector, labels)}`]
  const isItself = model === manifest.name && (plain === manifest.version || selector === 'latest')
  return isItself ? [`/model leads back to ${model} ${selector}: a fallback is another model, or another version such as previous`] : []
}

/** What the schema cannot say of a chain: names that must agree with the manifest, ways back to where it began, steps that are never reached. */
export function fallbackProblems(manifest: Manifest): string[] {
  const steps = manifest.fallback ?? []
  const keys = steps.map((step) => JSON.stringify('model' in step ? [step.model, step.version ?? 'latest'] : 'values' in step ? step.values : step))
  const end = steps.findIndex((step) => 'signal' in step && step.on === undefined)
  return steps.flatMap((step, i) => {
    const own = 'model' in step ? modelProblems(manifest, step) : 'values' in step ? valueProblems(manifest, step) : []
    const first = keys.indexOf(keys[i] as string)
    if (first < i) own.push(` is step ${first + 1} again`)
    if (end >= 0 && i > end) own.push(` is never reached: the signal of step ${end + 1} always answers`)
    return own.map((problem) => `/fallback/${i}${problem}`)
  })
}
