import { readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { ServingError } from '../contracts/error.ts'
import type { Problem } from './placed-document.ts'

/** A document as it was read: its name is that of its file, unless it says another. */
export type DocumentFile = { readonly file: string; readonly name: string; readonly source: string }

/** What a document says, once it can be used, and all that is wrong with it. */
export type Reading<Content> = { readonly content: Content | undefined; readonly problems: readonly Problem[] }

const readDocument = (file: string): DocumentFile => ({ file, name: basename(file, extname(file)), source: readFileSync(file, 'utf8') })

const unreadable = (where: string, error: unknown): Problem => ({ where, message: `cannot be read (${(error as Error).message})` })

function filesOf(folder: string, kind: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => /\.ya?ml$/.test(file))
      .toSorted()
      .map((file) => join(folder, file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw refusalOf(kind, [unreadable(folder, error)])
  }
}

/** What a file says, if it can be read. */
function readingOf<Content>(file: string, read: (document: DocumentFile) => Reading<Content>): Reading<Content> {
  let document: DocumentFile
  try {
    document = readDocument(file)
  } catch (error) {
    return { content: undefined, problems: [unreadable(file, error)] }
  }
  return read(document)
}

/** The refusal of documents of one kind, with every problem in a line. */
function refusalOf(kind: string, problems: readonly Problem[]): ServingError {
  const lines = problems.map(({ where, message }) => `${where}: ${message}`.replaceAll('\n', '\n  '))
  return new ServingError('validation_failed', `${kind} have ${lines.length} problem${lines.length === 1 ? '' : 's'}:\n  ${lines.join('\n  ')}`)
}

/** The documents of a folder, in the order of its `*.yaml` files; none if it is not there. Throws one `validation_failed` with every problem of every file, and of names that two have. */
export function readFolder<Content extends { readonly name?: string }>(
  folder: string,
  { kind, one, read }: { readonly kind: string; readonly one: string; readonly read: (document: DocumentFile) => Reading<Content> },
): Content[] {
  const files = filesOf(folder, kind)
  const readings = files.map((file) => readingOf(file, read))
  const names = readings.map(({ content }) => content?.name)
  const twice = names.flatMap((name, i): Problem[] => {
    const first = names.indexOf(name)
    return name === undefined || first === i ? [] : [{ where: `${files[i]}:1:1`, message: `${name} is the name of the ${one} in ${files[first]} too` }]
  })
  const problems = [...readings.flatMap((reading) => reading.problems), ...twice]
  if (problems.length > 0) throw refusalOf(kind, problems)
  return readings.flatMap(({ content }) => content ?? [])
}

/** What one document says. Throws one `validation_failed` with every problem, also where the file cannot be read. */
export function readOne<Content>(
  file: string,
  { kind, read }: { readonly kind: string; readonly read: (document: DocumentFile) => Reading<Content> },
): Content {
  const { content, problems } = readingOf(file, read)
  if (content !== undefined && problems.length === 0) return content
  throw refusalOf(kind, problems)
}
