import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { openapiText } from '../gateway/openapi/text.ts'

/** `presage openapi`: prints the description of the HTTP API. */
export function registerOpenapi(program: Command): void {
  program
    .command('openapi')
    .description('print the description of the HTTP API (OpenAPI 3.1)')
    .action(() => {
      const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
      process.stdout.write(openapiText(version))
    })
}
