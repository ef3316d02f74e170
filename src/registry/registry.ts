import { ServingError } from '../contracts/error.ts'
import { formatInstant } from '../contracts/instant.ts'
import type { Clock, Ids } from '../contracts/ports.ts'
import type { Database } from '../database/open-database.ts'
import type { LabelRow, VerificationRow } from '../database/tables.ts'

/** A verification as it is remembered. */
export type Verification = Readonly<Omit<VerificationRow, 'at'>>
/** Where a label points. */
export type LabelTarget = { readonly version: string; readonly pinned: boolean }
/** A version by its name. */
export type VersionName = { readonly name: string; readonly version: string }
/** What happened to a version; `keyId` is who asked for it. */
export type DeploymentEvent = VersionName & { readonly event: string; readonly detail: string; readonly keyId: string }

const historyAtMost = 50

/** Identities, labels, verifications and deployment history of versions: in memory for reads, in the metadata store for good. Writes throw `store_unavailable` and then change nothing. */
export class Registry {
  readonly #database: Database
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #verifications = new Map<string, Verification>()
  readonly #digests = new Map<string, string>()
  readonly #labels = new Map<string, Map<string, LabelTarget>>()
  private constructor(database: Database, clock: Clock, ids: Ids) {
    this.#database = database
    this.#clock = clock
    this.#ids = ids
  }

  static async open({ database, clock, ids }: { readonly database: Database; readonly clock: Clock; readonly ids: Ids }): Promise<Registry> {
    const registry = new Registry(database, clock, ids)
    await guarded(async () => {
      for (const { at: _, ...row } of await database.selectFrom('verifications').selectAll().execute()) registry.#verifications.set(row.digest, row)
      for (const row of await database.selectFrom('versions').selectAll().execute()) registry.#digests.set(keyOf(row), row.digest)
      for (const row of await database.selectFrom('labels').selectAll().execute()) registry.#remember(row)
    })
    return registry
  }

  /** What was proven of these bytes, if they were ever proven. */
  verification(digest: string): Verification | undefined {
    return this.#verifications.get(digest)
  }
  /** The bytes that a version is, since it was first brought into memory; undefined before. */
  digestOf(version: VersionName): string | undefined {
    return this.#digests.get(keyOf(version))
  }
  /** Labels of a model that were set; `latest` is held by its target only while that is pinned. */
  labels(name: string): ReadonlyMap<string, LabelTarget> {
    return this.#labels.get(name) ?? new Map()
  }

  /** Fixes the bytes of a version for good. Throws `version_conflict` when it has others already. */
  async fixVersion({ name, version, digest }: VersionName & { readonly digest: string }): Promise<void> {
    const row = { name, version, digest, at: this.#clock.now() }
    const versions = this.#database.insertInto('versions').values(row)
    await guarded(() => versions.onConflict((conflict) => conflict.columns(['name', 'version']).doNothing()).execute())
    const known = this.#digests.get(keyOf(row)) ?? digest
    if (known !== digest) throw new ServingError('version_conflict', `${name} ${version} is fixed to other bytes already`)
    this.#digests.set(keyOf(row), digest)
  }

  async recordVerification(verification: Verification): Promise<void> {
    const row = { ...verification, at: this.#clock.now() }
    await guarded(() =>
      this.#database
        .insertInto('verifications')
        .values(row)
        .onConflict((conflict) => conflict.column('digest').doNothing())
        .execute(),
    )
    this.#verifications.set(verification.digest, verification)
  }

  /** Moves labels of one model and records why, all or nothing. */
  async moveLabels(name: string, moves: Readonly<Record<string, LabelTarget>>, event: DeploymentEvent): Promise<void> {
    const at = this.#clock.now()
    const rows = Object.entries(moves).map(([label, { version, pinned }]): LabelRow => ({ name, label, version, pinned: Number(pinned), at }))
    await guarded(() =>
      this.#database.transaction().execute(async (transaction) => {
        for (const row of rows)
          await transaction
            .insertInto('labels')
            .values(row)
            .onConflict((conflict) => conflict.columns(['name', 'label']).doUpdateSet({ version: row.version, pinned: row.pinned, at }))
            .execute()
        await transaction.insertInto('deployments').values(this.#eventRow(event, at)).execute()
      }),
    )
    for (const row of rows) this.#remember(row)
  }

  async record(event: DeploymentEvent): Promise<void> {
    await guarded(() => this.#database.insertInto('deployments').values(this.#eventRow(event, this.#clock.now())).execute())
  }

  /** What happened to a version, newest first, at most 50 entries. */
  async history(name: string, version: string): Promise<{ at: string; event: string; detail: string }[]> {
    const rows = await guarded(() =>
      this.#database
        .selectFrom('deployments')
        .select(['at', 'event', 'detail'])
        .where('name', '=', name)
        .where('version', '=', version)
        .orderBy('id', 'desc')
        .limit(historyAtMost)
        .execute(),
    )
    return rows.map(({ at, event, detail }) => ({ at: formatInstant(at), event, detail }))
  }

  #eventRow({ keyId, ...event }: DeploymentEvent, at: number) {
    return { id: this.#ids(), ...event, key_id: keyId, at }
  }
  #remember({ name, label, version, pinned }: LabelRow): void {
    const labels = this.#labels.get(name) ?? new Map<string, LabelTarget>()
    this.#labels.set(name, labels.set(label, { version, pinned: pinned === 1 }))
  }
}

const keyOf = ({ name, version }: VersionName): string => `${name} ${version}`

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new ServingError('store_unavailable', 'The metadata store refused; nothing was changed. Try again, and look at the disk of data.dir', { cause })
  }
}
