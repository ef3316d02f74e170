/** What an error code means, everywhere: HTTP status, category for logs and metrics, title for people, and whether the same call may succeed later. */
export type ErrorRow = {
  readonly status: number
  readonly category: 'validation' | 'authentication' | 'authorization' | 'not-found' | 'conflict' | 'limit' | 'model' | 'features' | 'timeout' | 'system'
  readonly title: string
  readonly retryable: boolean
}

/** The one table of errors: docs/errors.md and the OpenAPI responses are made from it. */
export const errorTable = {
  malformed_http: { status: 400, category: 'validation', title: 'The bytes are not a valid HTTP request', retryable: false },
  malformed_json: { status: 400, category: 'validation', title: 'The body is not valid JSON', retryable: false },
  unknown_field: { status: 400, category: 'validation', title: 'The request has a field that does not exist', retryable: false },
  validation_failed: { status: 400, category: 'validation', title: 'The request does not fit the schema', retryable: false },
  invalid_symbol: { status: 400, category: 'validation', title: 'The symbol is not written as BASE/QUOTE', retryable: false },
  invalid_timestamp: { status: 400, category: 'validation', title: 'The timestamp is not an RFC 3339 instant with a zone', retryable: false },
  non_finite_feature: { status: 400, category: 'validation', title: 'A feature value is not a finite number', retryable: false },
  missing_feature: { status: 400, category: 'features', title: 'A required feature is missing', retryable: false },
  unknown_feature: { status: 400, category: 'features', title: 'The model takes no feature of that name', retryable: false },
  auth_missing: { status: 401, category: 'authentication', title: 'No API key was sent', retryable: false },
  auth_malformed: { status: 401, category: 'authentication', title: 'The API key is not well-formed', retryable: false },
  auth_invalid_key: { status: 401, category: 'authentication', title: 'The API key is not known', retryable: false },
  scope_missing: { status: 403, category: 'authorization', title: 'The API key lacks the scope for this call', retryable: false },
  route_not_found: { status: 404, category: 'not-found', title: 'No such path', retryable: false },
  model_not_found: { status: 404, category: 'not-found', title: 'No such model', retryable: false },
  version_not_found: { status: 404, category: 'not-found', title: 'No such version or label of the model', retryable: false },
  no_model_for_symbol: { status: 404, category: 'not-found', title: 'No model serves this symbol', retryable: false },
  decision_not_found: { status: 404, category: 'not-found', title: 'No such decision is remembered', retryable: false },
  series_not_found: { status: 404, category: 'not-found', title: 'No bars of that symbol and timeframe are stored', retryable: false },
  method_not_allowed: { status: 405, category: 'validation', title: 'The path exists, the method does not', retryable: false },
  request_timeout: { status: 408, category: 'timeout', title: 'The request did not arrive in time', retryable: true },
  label_conflict: { status: 409, category: 'conflict', title: 'The label cannot be moved there', retryable: false },
  version_conflict: { status: 409, category: 'conflict', title: 'The same version exists with other bytes', retryable: false },
  series_conflict: { status: 409, category: 'conflict', title: 'The series exists with other settings', retryable: false },
  body_too_large: { status: 413, category: 'limit', title: 'The body is too large', retryable: false },
  batch_too_large: { status: 413, category: 'limit', title: 'The batch has too many items', retryable: false },
  uri_too_long: { status: 414, category: 'limit', title: 'The request target is too long', retryable: false },
  unsupported_media_type: { status: 415, category: 'validation', title: 'The body is not declared as JSON in UTF-8', retryable: false },
  expectation_failed: { status: 417, category: 'validation', title: 'The expectation cannot be met', retryable: false },
  timestamp_in_future: { status: 422, category: 'validation', title: 'The timestamp lies in the future', retryable: false },
  feature_contract_mismatch: { status: 422, category: 'model', title: 'The model was trained on other feature definitions', retryable: false },
  model_verification_failed: { status: 422, category: 'model', title: 'The model version failed its verification', retryable: false },
  explanation_unavailable: { status: 422, category: 'model', title: 'The model cannot be explained', retryable: false },
  not_the_writer: { status: 421, category: 'features', title: 'Another replica writes this symbol', retryable: true },
  headers_too_large: { status: 431, category: 'limit', title: 'The request headers are too large', retryable: false },
  internal: { status: 500, category: 'system', title: 'An unexpected fault of the server', retryable: false },
  model_output_invalid: { status: 500, category: 'model', title: 'The model gave no answer that can be used', retryable: false },
  worker_crashed: { status: 502, category: 'model', title: 'The inference process ended while answering', retryable: true },
  model_loading: { status: 503, category: 'model', title: 'The model is still loading', retryable: true },
  model_unavailable: { status: 503, category: 'model', title: 'The model cannot be served at the moment', retryable: true },
  circuit_open: { status: 503, category: 'model', title: 'What the model depends on failed too often and is left alone for a while', retryable: true },
  model_memory_exceeded: { status: 503, category: 'model', title: 'The model does not fit the memory budget', retryable: false },
  features_stale: { status: 503, category: 'features', title: 'The stored features are older than allowed', retryable: true },
  features_unavailable: { status: 503, category: 'features', title: 'The features for that moment are not known', retryable: true },
  online_store_unavailable: { status: 503, category: 'system', title: 'The store that the replicas share does not answer', retryable: true },
  overloaded: { status: 503, category: 'limit', title: 'The server has too much to do', retryable: true },
  starting: { status: 503, category: 'system', title: 'The server is starting', retryable: true },
  draining: { status: 503, category: 'system', title: 'The server is shutting down', retryable: true },
  store_unavailable: { status: 503, category: 'system', title: 'The metadata store does not answer', retryable: true },
  deadline_exceeded: { status: 504, category: 'timeout', title: 'The deadline passed', retryable: true },
} as const satisfies Record<string, ErrorRow>

/** Every code that an answer can carry. */
export type ErrorCode = keyof typeof errorTable

/** One place in the request that an error is about: a JSON pointer, the rule that it breaks, and what stood there. */
export type ErrorPlace = { readonly pointer: string; readonly rule: string; readonly got?: unknown }

/** Extra parts of an error: the places it is about, when to try again, that this one time there is no use in that, what caused it (logged, never sent). */
export type ServingErrorOptions = {
  readonly places?: readonly ErrorPlace[]
  readonly retryAfterMs?: number
  readonly final?: true
  readonly cause?: unknown
}

/** The one error this code base throws on purpose; `message` is the detail that a client reads and says what to do. Anything else that surfaces is a bug. */
export class ServingError extends Error {
  override readonly name = 'ServingError'
  readonly code: ErrorCode
  readonly places: readonly ErrorPlace[] | undefined
  readonly retryAfterMs: number | undefined
  /** True if the same request may succeed later: as the table says, unless this error is final. */
  readonly retryable: boolean
  constructor(code: ErrorCode, message: string, options: ServingErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.places = options.places
    this.retryAfterMs = options.retryAfterMs
    this.retryable = errorTable[code].retryable && options.final !== true
  }
}
