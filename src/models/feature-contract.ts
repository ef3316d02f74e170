import { ServingError } from '../contracts/error.ts'
import type { FeatureReads, FeatureSet } from '../contracts/features.ts'
import type { Manifest } from '../contracts/manifest.ts'
import { durationMs } from '../contracts/written-units.ts'
import { readRanges } from '../contracts/written-ranges.ts'

/** Declares what a model needs, holds its training to this server's definitions, and has these proven. Throws `unknown_feature`, `feature_contract_mismatch`, `model_verification_failed` for a fallback value that the feature cannot have. */
export async function checkFeatureContract(
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
