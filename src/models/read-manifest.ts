import { resolve } from 'node:path'
import { Compile } from 'typebox/schema'
import { type Alias, type Document, isNode, isScalar, LineCounter, parseDocument, visit, type YAMLMap } from 'yaml'
import { ServingError } from '../contracts/error.ts'
import { type Manifest, ManifestSchema } from '../contracts/manifest.ts'
import { schemaFaults } from '../contracts/schema-faults.ts'
import { meant } from '../contracts/nearest-names.ts'
import { fallbackFaults, fallbackProblems } from './fallback-problems.ts'
import { artefactFiles, digestOf, type ManifestFile, manifestBytes, mostParsedHere } from './manifest-file.ts'
import { runtimeProblems } from './runtime-problems.ts'
import { trainingProblems } from './training-problems.ts'
import { signalProblems, symbolProblems, tableProblems } from './output-problems.ts'

const check = Compile(ManifestSchema)
/** Problems that are told of one manifest. */
const mostProblems = 20

function refuse(problems: readonly string[]): never {
  throw new ServingError('model_verification_failed', `model.yaml: ${problems.join('; ')}`)
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse(['it is not UTF-8: save it in that encoding'])
  }
}

/** A manifest as it was written: what it says, and on which line what a problem is about stands. */
class ManifestText {
  readonly #lines = new LineCounter()
  readonly #document: Document
  constructor(bytes: Buffer) {
    const text = textOf(bytes)
    // Keys that stand twice are looked for below: the parser compares each with all before it, minutes for a manifest of 1 MiB.
    this.#document = parseDocument(text, { lineCounter: this.#lines, uniqueKeys: false, schema: 'core' })
    const { errors } = this.#document
    if (errors.length > 0) refuse(errors.slice(0, mostProblems).map(({ message }) => message.split('\n')[0] ?? message))
    this.#refuseOddities()
  }

  get document(): Document {
    return this.#document
  }
  get value(): unknown {
    return this.#document.toJS({ maxAliasCount: 0 })
  }

  /** Throws `model_verification_failed` if there are problems; each begins with a JSON pointer. */
  refuseFor(problems: readonly string[]): void {
    if (problems.length > 0) refuse(problems.map((problem) => `line ${this.#lineOf(problem)}: ${problem}`))
  }

  /** What is well-formed YAML and yet says nothing, or two things. */
  #refuseOddities(): void {
    const found: string[] = []
    const tell = (node: unknown, what: string): void => {
      const at = isNode(node) ? (node.range?.[0] ?? 0) : 0
      if (found.length < mostProblems) found.push(`line ${this.#lines.linePos(at).line}: ${what}`)
    }
    const Alias = (_: unknown, alias: Alias): void => tell(alias, `the alias *${alias.source} has no meaning here: write out what it stands for`)
    const Map = (_: unknown, { items }: YAMLMap): void => {
      const seen = new Set<string>()
      for (const { key } of items) {
        const name = String(isScalar(key) ? key.value : key)
        if (seen.has(name)) tell(key, `${name} stands twice`)
        seen.add(name)
      }
    }
    visit(this.#document, { Alias, Map })
    if (found.length > 0) refuse(found)
  }

  #lineOf(problem: string): number {
    const path = (/^(\/[^\s:]*)/.exec(problem)?.[0] ?? '').split('/').slice(1)
    return this.lineAt(path.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')))
  }

  /** The line of what stands at a path, or of the last on the way to it that there is. */
  lineAt(path: readonly string[]): number {
    const nodes = path.map((_, i) => this.#document.getIn(path.slice(0, i + 1), true))
    const deepest = nodes.findLast((node) => isNode(node)) ?? this.#document.contents
    return this.#lines.linePos(deepest?.range?.[0] ?? 0).line
  }
}

/** What the schema refuses, in words; steps of a fallback have words of their own. */
function schemaProblems(value: unknown): string[] {
  const faults = check.Errors(value)[1].filter(({ instancePath }) => !instancePath.startsWith('/fallback/'))
  const words = schemaFaults(faults).map((problem) => {
    const stranger = /^\/([^/]*) has no meaning here$/.exec(problem)?.[1]
    return stranger === undefined ? problem : `${problem}${meant(stranger, Object.keys(ManifestSchema.properties))}`
  })
  return [...fallbackFaults(value), ...words].slice(0, mostProblems)
}

function featureProblems({ features, optional = [], ranges = {} }: Manifest['inputs']): string[] {
  const known = new Set(features)
  const strangers = Object.entries({ optional, ranges: Object.keys(ranges) }).flatMap(([where, names]) =>
    names.filter((name) => !known.has(name)).map((name) => `/inputs/${where} names ${name}, which is not in inputs.features`),
  )
  return known.size === features.length ? strangers : ['/inputs/features lists a feature twice', ...strangers]
}

/** Each feature goes into one input: one that goes nowhere, or twice, is more likely a slip than meant. */
function tensorProblems({ features, tensors, window = 1 }: Manifest['inputs']): string[] {
  if (tensors === undefined) return []
  const taken = tensors.flatMap((tensor) => tensor.features)
  const timesTaken = (id: string): number => taken.filter((other) => other === id).length
  const wrong = [...new Set([...features, ...taken])].filter((id) => !features.includes(id) || timesTaken(id) !== 1)
  const long = tensors.filter((tensor) => (tensor.window ?? 1) > window)
  return [
    ...(new Set(tensors.map(({ name }) => name)).size === tensors.length ? [] : ['/inputs/tensors names an input twice']),
    ...wrong.map(
      (id) => `/inputs/tensors must take each of inputs.features once, ${id} is ${features.includes(id) ? `taken ${timesTaken(id)} times` : 'none of them'}`,
    ),
    ...long.map(({ name }) => `/inputs/tensors: the window of ${name} is longer than inputs.window, ${window}`),
  ]
}

function fileProblems(manifest: Manifest): string[] {
  const { files, artefact, golden, reference } = manifest
  const lacking = artefactFiles(manifest).length > 0 ? [] : [artefact.path]
  for (const path of [golden, reference]) if (path !== undefined && !Object.hasOwn(files, path)) lacking.push(path)
  return lacking.map((path) => `/files lacks the SHA-256 of ${path}`)
}

/** What the schema cannot say: names that must agree with each other. */
const contradictions = (manifest: Manifest): string[] => [
  ...trainingProblems(manifest),
  ...symbolProblems(manifest),
  ...featureProblems(manifest.inputs),
  ...tensorProblems(manifest.inputs),
  ...fileProblems(manifest),
  ...runtimeProblems(manifest),
  ...signalProblems(manifest),
  ...tableProblems(manifest.output),
  ...fallbackProblems(manifest),
]

/** Checks the bytes of a `model.yaml` of a bundle folder. Throws `model_verification_failed` with every problem. */
export function parseManifest(dir: string, bytes: Buffer): ManifestFile {
  const text = new ManifestText(bytes)
  const { value } = text
  if (!check.Check(value)) {
    text.refuseFor(schemaProblems(value))
    return refuse(['it does not fit the schema'])
  }
  text.refuseFor(contradictions(value))
  return { dir: resolve(dir), digest: digestOf(bytes), manifest: value }
}

/** Reads and checks `model.yaml` of a bundle folder. Throws `model_verification_failed` with every problem. */
export const readManifest = (dir: string): ManifestFile => parseManifest(dir, manifestBytes(dir))

/** The bytes of a `model.yaml` as a document that can be changed. Throws `model_verification_failed` for what is no YAML, or says nothing. */
export const manifestDocument = (bytes: Buffer): Document => new ManifestText(bytes).document

/** The line of `model.yaml` of a bundle folder on which something stands; undefined where finding it would take long. Throws `model_verification_failed` for what is no YAML. */
export function manifestLine(dir: string, path: readonly string[]): number | undefined {
  const bytes = manifestBytes(dir)
  return bytes.length > mostParsedHere ? undefined : new ManifestText(bytes).lineAt(path)
}
