import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Compile } from 'typebox/compile'
import { LineCounter, parseDocument } from 'yaml'
import { ServingError } from '../contracts/error.ts'
import { type Manifest, ManifestSchema } from '../contracts/manifest.ts'

/** A manifest as it lies on disk: `digest` is the SHA-256 of its bytes and so the identity of the bundle. */
export type ManifestFile = { readonly dir: string; readonly digest: string; readonly manifest: Manifest }

const check = Compile(ManifestSchema)

function refuse(problems: readonly string[]): never {
  throw new ServingError('model_verification_failed', `model.yaml: ${problems.join('; ')}`)
}

function parseYaml(text: string): unknown {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, schema: 'core' })
  if (document.errors.length > 0) refuse(document.errors.map(({ message }) => message.split('\n')[0] ?? message))
  return document.toJS({ maxAliasCount: 0 })
}

/** What the schema cannot say: names that must agree with each other. */
function contradictions({ inputs, output, signal, files, artefact, golden, reference }: Manifest): string[] {
  const problems: string[] = []
  const known = new Set(inputs.features)
  if (known.size !== inputs.features.length) problems.push('/inputs/features lists a feature twice')
  for (const name of inputs.optional ?? []) if (!known.has(name)) problems.push(`/inputs/optional names ${name}, which is not in inputs.features`)
  for (const path of [artefact.path, golden, reference])
    if (path !== undefined && files[path] === undefined) problems.push(`/files lacks the SHA-256 of ${path}`)
  const classes = output.classes ?? []
  if (output.kind === 'binary' && classes.length !== 2) problems.push('/output/classes must name the two classes of a binary model')
  if (output.kind === 'regression' && 'class' in signal.buy) problems.push('/signal/buy needs value_at_least for a regression')
  for (const rule of [signal.buy, signal.sell])
    if ('class' in rule && !classes.includes(rule.class)) problems.push(`/signal names the class ${rule.class}, which is not in output.classes`)
  return problems
}

/** Reads and checks `model.yaml` of a bundle folder. Throws `model_verification_failed` with every problem. */
export function readManifest(dir: string): ManifestFile {
  let bytes: Buffer
  try {
    bytes = readFileSync(join(dir, 'model.yaml'))
  } catch (cause) {
    throw new ServingError('model_verification_failed', 'model.yaml cannot be read: a bundle is a folder with a model.yaml and the files that it names', {
      cause,
    })
  }
  const value = parseYaml(bytes.toString('utf8'))
  if (!check.Check(value))
    refuse([...check.Errors(value)].slice(0, 20).map(({ instancePath, message }) => `${instancePath === '' ? '/' : instancePath} ${message}`))
  const problems = contradictions(value)
  if (problems.length > 0) refuse(problems)
  return { dir: resolve(dir), digest: hash('sha256', bytes), manifest: value }
}
