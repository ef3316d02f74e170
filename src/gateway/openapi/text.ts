import { routes } from '../routes/index.ts'
import { openapiDocument } from './document.ts'

/** The description as docs/openapi.json holds it: two spaces, a line end at the end. */
export const openapiText = (version: string): string => `${JSON.stringify(openapiDocument(version, routes), undefined, 2)}\n`
