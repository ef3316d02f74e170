/** Golden rows that a bundle reproduced once; `digest` is the bundle's, so other bytes need another verification. Times are ms since the epoch. */
export type VerificationRow = { digest: string; name: string; version: string; rows: number; max_abs_error: number; at: number }
/** The bytes that a version is: the digest of its bundle when it was first brought into memory. Other bytes under the same name and version are refused. */
export type VersionRow = { name: string; version: string; digest: string; at: number }
/** Where a label points; a pinned `latest` stays where it was put. */
export type LabelRow = { name: string; label: string; version: string; pinned: number; at: number }
/** What happened to a model, by whom, why. */
export type DeploymentRow = { id: string; name: string; version: string; event: string; detail: string; key_id: string; at: number }
/** API keys: the SHA-256 of the secret (hex), scopes as a JSON array. */
export type ApiKeyRow = { id: string; name: string; secret_hash: string; scopes: string; created_at: number }

/** The metadata store's tables. */
export type Tables = { verifications: VerificationRow; versions: VersionRow; labels: LabelRow; deployments: DeploymentRow; api_keys: ApiKeyRow }
