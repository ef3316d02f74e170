import { ServingError } from '../contracts/error.ts'
import type { FeatureReads, FeatureSet } from '../contracts/features.ts'
import { durationMs, type Manifest } from '../contracts/manifest.ts'

/** Declares what a model needs, holds its training to this server's definitions, and has these proven. Throws `unknown_feature`, `feature_contract_mismatch`. */
export async function checkFeatureContract(
  { name, version, inputs, symbols }: Manifest,
  features: Pick<FeatureReads, 'declare' | 'prove'>,
): Promise<FeatureSet> {
  const maxAge = inputs.max_age === undefined ? {} : { maxAgeMs: durationMs(inputs.max_age) }
  const set = features.declare({ timeframe: inputs.timeframe, features: inputs.features, window: inputs.window ?? 1, symbols, ...maxAge })
  if (inputs.feature_set_digest !== undefined && inputs.feature_set_digest !== set.digest)
    throw new ServingError(
      'feature_contract_mismatch',
      `${name} ${version} was trained on feature definitions ${inputs.feature_set_digest.slice(0, 12)}…, this server computes ${set.digest.slice(0, 12)}…: export the features again and retrain, or run the server that it was trained for`,
    )
  await features.prove(set)
  return set
}
