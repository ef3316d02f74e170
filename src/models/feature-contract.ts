import { ServingError } from '../contracts/error.ts'
import type { FeatureReads, FeatureSet } from '../contracts/features.ts'
import type { Manifest } from '../contracts/manifest.ts'
import { durationMs } from '../contracts/written-units.ts'
import type { ManifestFile } from './manifest-file.ts'
import { manifestLine } from './read-manifest.ts'
import { readRanges } from '../contracts/written-ranges.ts'

/** Declares what a model needs, holds its training to this server's definitions, and has these proven. Throws `unknown_feature`, `validation_failed`, `feature_contract_mismatch`, with the line of the feature, and `model_verification_failed` for a fallback value that the feature cannot have. */
export async function checkFeatureContract(
  file: Pick<ManifestFile, 'dir' | 'manifest'>,
  features: Pick<FeatureReads, 'declare' | 'prove'>,
): Promise<FeatureSet> {
  try {
    return await checkManifest(file.manifest, features)
  } catch (error) {
    throw placed(error, file)
  }
}

/** A refusal that begins with a feature, with the line on which it stands; any other as it is, and one whose manifest went meanwhile. */
function placed(error: unknown, { dir, manifest: { inputs } }: Pick<ManifestFile, 'dir' | 'manifest'>): unknown {
  if (!(error instanceof ServingError)) return error
  const { code, message } = error
  const at = inputs.features.findIndex((id) => message.startsWith(`${id} `) || message.startsWith(JSON.stringify(id)))
  const id = inputs.features[at]
  if (id === undefined) return error
  const isOfRange = code === 'validation_failed' && inputs.ranges?.[id] !== undefined
  const path = isOfRange ? ['ranges', id] : ['features', String(at)]
  try {
    const line = manifestLine(dir, ['inputs', ...path])
    const where = line === undefined ? 'model.yaml' : `model.yaml: line ${line}`
    return new ServingError(code, `${where}: /inputs/${isOfRange ? 'ranges' : path.join('/')}: ${message}`, { cause: error })
  } catch {
    return error
  }
}

async function checkManifest(
  { name, version, inputs, symbols, fallback = [] }: Manifest,
  features: Pick<FeatureReads, 'declare' | 'prove'>,
): Promise<FeatureSet> {
  const maxAge = inputs.max_age === undefined ? {} : { maxAgeMs: durationMs(inputs.max_age) }
  const set = features.declare({
    timeframe: inputs.timeframe,
    features: inputs.features,
    window: inputs.window ?? 1,
    symbols,
    ...maxAge,
    ...(inputs.gaps && { gaps: inputs.gaps }),
    ...(inputs.ranges && { ranges: readRanges(inputs.features, inputs.ranges) }),
  })
  if (inputs.feature_set_digest !== undefined && inputs.feature_set_digest !== set.digest)
    throw new ServingError(
      'feature_contract_mismatch',
      `${name} ${version} was trained on feature definitions ${inputs.feature_set_digest.slice(0, 12)}…, this server computes ${set.digest.slice(0, 12)}…: export the features again and retrain, or run the server that it was trained for`,
    )
  for (const step of fallback) if ('values' in step) checkDeclared(set, step.values, `${name} ${version}`)
  await features.prove(set)
  return set
}

/** A declared value must be one that the feature can have, or the model would see what it never saw in training. */
function checkDeclared({ ids, ranges }: FeatureSet, values: Readonly<Record<string, number>>, of: string): void {
  for (const [id, value] of Object.entries(values)) {
    const { min, max } = ranges[ids.indexOf(id)] ?? { min: -Infinity, max: Infinity }
    if (value < min || value > max)
      throw new ServingError('model_verification_failed', `${of}: the fallback declares ${id} to be ${value}; it is ${min} to ${max}`)
  }
}
