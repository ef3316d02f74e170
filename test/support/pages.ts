import { readFileSync } from 'node:fs'
import { folders } from '../../architecture.ts'
import { settings, type Setting } from '../../src/config/settings.ts'
import { metrics } from '../../src/contracts/metrics.ts'
import { errorTable } from '../../src/contracts/error.ts'
import { openapiText } from '../../src/gateway/openapi/text.ts'
import { goldenFramesText } from '../golden/worker-protocol/golden-frames.ts'
import { featurePages, type Page } from './feature-pages.ts'
import { manifestPage, manifestSchemaText } from './manifest-page.ts'

/** Absolute path of a file of the repository. */
export const pathOf = (file: string): string => new URL(`../../${file}`, import.meta.url).pathname

/** Text of a file of the repository. */
export const textOf = (file: string): string => readFileSync(pathOf(file), 'utf8')

const cell = (text: string): string => text.replaceAll('|', '\\|')
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
const code = (text: string): string => `\`${text}\``

function limits({ schema }: Setting): string {
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ')
  if (schema.minimum === undefined) return schema.type ?? ''
  return `${schema.type} ${schema.minimum.toLocaleString('en')} to ${schema.maximum?.toLocaleString('en')}`
}

const defaultOf = ({ schema }: Setting): string => (schema.default === undefined ? '' : code(JSON.stringify(schema.default)))

function configurationPage(): string {
  const rows = settings.map((setting) => row(code(setting.name), setting.schema.description ?? '', limits(setting), defaultOf(setting), code(setting.variable)))
  return `# Configuration

Settings come from a YAML file (\`presage.yaml\` in the working folder, or \`--config FILE\`, or the variable \`PRESAGE_CONFIG\`), from the environment, and from the command line
(\`--set gateway.port=8081\`); the later wins over the earlier. Everything has a default: no file is needed.

\`\`\`yaml
gateway:
  port: 8081
routes:
  - { symbols: "*/USDT", model: btc_momentum }
\`\`\`

The name of a variable is the path of its setting. Lists are written with commas, routes as YAML: \`PRESAGE_ROUTES='[{symbols: "*/USDT", model: btc_momentum}]'\`.
\`presage config print\` shows every setting and where it was written; \`presage config check\` reports all problems at once, with the line of the file. A setting or a \`PRESAGE_…\` variable that does
not exist is a problem too, as a misspelt limit is worse than none.

${row('setting', 'what it does', 'values', 'default', 'variable')}
| --- | --- | --- | --- | --- |
${rows.join('\n')}

This page is made from \`src/config/schema.ts\` by \`node bin/docs.js\`; a test compares them.
`
}

function errorsPage(): string {
  const rows = Object.entries(errorTable).map(([name, { status, category, title, retryable }]) =>
    row(code(name), String(status), category, title, retryable ? 'yes' : 'no'),
  )
  return `# Errors

Every error has one shape, \`application/problem+json\` (RFC 9457): \`code\` says what happened, for programs; \`detail\` says what to do, for people. \`errors\` lists the places in the request, as JSON
pointers. A program looks at \`code\` and never at the words. *Again* says whether the same call may succeed later without being changed; \`Retry-After\` says when, if it is known.
An answer says so itself, \`retryable\`: for once it may be of no use where the table says yes, as for the features of a moment whose bars are kept no longer.

${row('code', 'status', 'category', 'what it means', 'again')}
| --- | --- | --- | --- | --- |
${rows.join('\n')}

This page is made from \`src/contracts/error.ts\` by \`node bin/docs.js\`; a test compares them.
`
}

function metricsPage(): string {
  const rows = Object.entries(metrics).map(([name, { kind, labels, meaning }]) => row(code(`presage_${name}`), kind, labels.map(code).join(', '), meaning))
  return `# Metrics

\`GET /metrics\`, with a key that has the scope \`ops:read\`, gives these in the text format of Prometheus, and beside them what the process itself takes (\`process_*\`, \`nodejs_*\`). A metric is there from the
first time that there was something to measure. A histogram has the series \`…_bucket\`, \`…_sum\` and \`…_count\`. At most 500 sets of labels are told apart for a metric: what comes beyond is counted together, with
\`other\` as each label.

${row('metric', 'kind', 'labels', 'what it says')}
| --- | --- | --- | --- |
${rows.join('\n')}

This page is made from \`src/contracts/metrics.ts\` by \`node bin/docs.js\`; a test compares them.
`
}

/** The table of folders as ARCHITECTURE.md shows it. */
export function foldersBlock(): string {
  const names = Object.keys(folders)
  const wide = Math.max(...names.map((name) => name.length))
  const lines = Object.entries(folders).map(([name, allowed]) => `${name.padEnd(wide)}  → ${allowed.join(' ') || '(nothing)'}`)
  return `<!-- folders -->\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n<!-- /folders -->`
}

const architecturePage = (): string => textOf('ARCHITECTURE.md').replace(/<!-- folders -->[\s\S]*<!-- \/folders -->/, () => foldersBlock())

const openapi = (): string => openapiText((JSON.parse(textOf('package.json')) as { version: string }).version)

/** Pages that are made from code: committed, and compared with the code by a test. */
export const pages: readonly Page[] = [
  { file: 'docs/configuration.md', render: configurationPage },
  { file: 'docs/errors.md', render: errorsPage },
  { file: 'docs/metrics.md', render: metricsPage },
  { file: 'docs/openapi.json', render: openapi },
  { file: 'docs/model-manifest.md', render: () => manifestPage(textOf('docs/model-manifest.md')) },
  { file: 'docs/model.schema.json', render: manifestSchemaText },
  { file: 'ARCHITECTURE.md', render: architecturePage },
  { file: 'python/tests/golden_frames.json', render: goldenFramesText },
  ...featurePages,
]
