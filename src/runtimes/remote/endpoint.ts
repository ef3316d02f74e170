import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/schema'
import { refuse } from '../../contracts/model-refusal.ts'
import { schemaFaults } from '../../contracts/schema-faults.ts'

const strict = { additionalProperties: false } as const
const name = Type.String({ minLength: 1, maxLength: 200 })
const datatype = Type.Enum(['FP32', 'FP64'])

/** The artefact of the format `oip`: where a model is served, and the names and types of its tensors there. */
const EndpointSchema = Type.Object(
  {
    url: Type.String({ maxLength: 1_000 }),
    model: name,
    version: Type.Optional(name),
    /** `window` true: rows go as [rows, window, features], else as [rows, window x features]; as the manifest has a window or not, where it is not said. `missing` null: a missing value is sent as null. */
    input: Type.Object({ name, datatype, window: Type.Optional(Type.Boolean()), missing: Type.Optional(Type.Literal('null')) }, strict),
    output: Type.Object({ name, datatype }, strict),
    /** True: the operator's `models.remoteAuthorization` is sent along. */
    authorization: Type.Optional(Type.Boolean()),
  },
  strict,
)
/** An endpoint that fits its schema; `url` is http(s) without credentials, query or fragment. */
export type Endpoint = Omit<Static<typeof EndpointSchema>, 'url'> & { readonly url: URL }

const check = Compile(EndpointSchema)

function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw refuse('The url of the endpoint must be http://… or https://….')
  if (url.username !== '' || url.password !== '')
    throw refuse('The url of the endpoint holds credentials: set models.remoteAuthorization, and "authorization": true here.')
  if (url.search !== '' || url.hash !== '') throw refuse('The url of the endpoint must end before ? and #: it is what /v2/models/… is appended to.')
  return url
}

/** Reads the endpoint file of a bundle. Throws `model_verification_failed` with every problem. */
export function parseEndpoint(text: string): Endpoint {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refuse(`The endpoint is no JSON: ${(error as Error).message}`, error)
  }
  if (!check.Check(value)) throw refuse(`The endpoint does not fit: ${schemaFaults(check.Errors(value)[1]).join('; ')}`)
  return { ...value, url: parseUrl(value.url) }
}

/** Holds an endpoint to the operator's list: host and port must be listed, the port may be left out where it is the scheme's own. Throws `model_verification_failed` that says what to set. */
export function checkHost({ url }: Endpoint, listed: readonly string[]): void {
  if (listed.some((entry) => URL.parse(`${url.protocol}//${entry}`)?.host === url.host)) return
  const now = listed.length === 0 ? 'it lists none' : `it lists ${listed.join(', ')}`
  throw refuse(`A bundle does not choose by itself where rows are sent: add ${url.host} to the setting models.remoteHosts (${now}).`)
}
