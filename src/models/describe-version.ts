import type { ModelSummary, VersionStatus, VersionSummary } from '../contracts/models.ts'
import type { Manifest } from '../contracts/manifest.ts'
import type { ModelEntry } from './model-entry.ts'
import type { VersionSlot } from './version-slot.ts'

const plainNames: Readonly<Record<string, string>> = { close: 'price', volume: 'volume', 'rsi(14)': 'rsi', 'macd(12,26,9)': 'macd' }

/** Ids of a manifest as people read them: the specification's plain names where there is one on the model's timeframe. */
const readableFeatures = ({ inputs }: Manifest): string[] =>
  inputs.features.map((id) => {
    const [kernel, timeframe] = id.split('@')
    return (timeframe === inputs.timeframe ? plainNames[kernel ?? ''] : undefined) ?? id
  })

function statusOf({ state, onDisk, resident }: VersionSlot, verified: boolean, labelled: boolean): VersionStatus {
  if (!onDisk && !resident) return 'retired'
  if (state === 'failed') return 'failed'
  if (state === 'loading' || state === 'verifying' || state === 'warming') return 'loading'
  if (!verified) return 'available'
  return labelled ? 'active' : 'standby'
}

/** One version as the API lists it. */
export function describeVersion(entry: ModelEntry, slot: VersionSlot, verified: boolean): VersionSummary {
  const { manifest, digest } = slot.file
  const labels = entry.labelsOf(slot.version)
  const { reason } = slot
  return {
    version: slot.version,
    status: statusOf(slot, verified, labels.length > 0),
    ...(reason === undefined ? {} : { reason }),
    accuracy: manifest.metrics.accuracy ?? null,
    training_date: manifest.training_date,
    runtime: manifest.runtime,
    labels,
    verified: verified && !slot.isRefused,
    loaded: slot.resident !== undefined,
    memory_bytes: slot.resident?.runtime.memoryBytes ?? 0,
    digest,
  }
}

/** One model as GET /models lists it, by the version of its `latest` (else its newest). */
export function describeModel(entry: ModelEntry, slot: VersionSlot, verified: boolean): ModelSummary {
  const requests = [...entry.slots.values()].reduce((sum, each) => sum + each.requests, 0)
  return {
    name: entry.name,
    ...describeVersion(entry, slot, verified),
    features: readableFeatures(slot.file.manifest),
    symbols: slot.file.manifest.symbols,
    requests,
  }
}
