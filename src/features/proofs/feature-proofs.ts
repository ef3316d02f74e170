import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import type { FeatureCertificate } from '../../contracts/market.ts'
import type { Clock } from '../../contracts/ports.ts'
import { proveFeature, type ProofSubject } from './prove.ts'

/** What proving needs: a certificate holds for one version of the code; `file` keeps them across restarts. */
export type FeatureProofsDeps = { readonly clock: Clock; readonly codeVersion: string; readonly file?: string }

const keptAtMost = 10_000

/** Certificates of a file, none if there is no such file or it is damaged: proving again costs milliseconds. */
function readCertificates(file: string): FeatureCertificate[] {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return Array.isArray(content) ? (content as FeatureCertificate[]) : []
  } catch {
    return []
  }
}

/** Proves each feature once for a version of the code, in slices between which others get their turn, and keeps the certificates. */
export class FeatureProofs {
  readonly #deps: FeatureProofsDeps
  readonly #certificates = new Map<string, FeatureCertificate>()
  readonly #running = new Map<string, Promise<void>>()
  constructor(deps: FeatureProofsDeps) {
    this.#deps = deps
    for (const certificate of deps.file === undefined ? [] : readCertificates(deps.file))
      if (certificate.codeVersion === deps.codeVersion) this.#certificates.set(certificate.digest, certificate)
  }

  /** The certificate of a definition; undefined until it is proven. */
  certificate(digest: string): FeatureCertificate | undefined {
    return this.#certificates.get(digest)
  }

  /** Proves those that are not proven yet. Throws `feature_contract_mismatch` naming the first that fails, and its claim. */
  async prove(subjects: readonly ProofSubject[]): Promise<void> {
    const before = this.#certificates.size
    for (const subject of subjects) {
      const { digest } = subject
      if (this.#certificates.has(digest)) continue
      const running = this.#running.get(digest) ?? this.#prove(subject).finally(() => this.#running.delete(digest))
      this.#running.set(digest, running)
      await running
    }
    if (this.#certificates.size > before) this.#keep()
  }

  async #prove(subject: ProofSubject): Promise<void> {
    const steps = proveFeature(subject)
    let step = steps.next()
    for (; step.done !== true; step = steps.next()) await turn()
    await turn()
    const { clock, codeVersion } = this.#deps
    this.#certificates.set(subject.digest, { digest: subject.digest, proven: step.value, at: clock.now(), codeVersion })
    if (this.#certificates.size > keptAtMost) this.#certificates.delete(this.#certificates.keys().next().value as string)
  }

  /** A file that cannot be written costs proving again, nothing else. */
  #keep(): void {
    const { file } = this.#deps
    if (file === undefined) return
    try {
      writeFileSync(`${file}.new`, JSON.stringify([...this.#certificates.values()]))
      renameSync(`${file}.new`, file)
    } catch {
      return
    }
  }
}
