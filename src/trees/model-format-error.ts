/** Where in a model file a fault lies: the 1-based line of the file and the 0-based tree number, as far as they are known. */
export type ModelPlace = { readonly line?: number | undefined; readonly tree?: number | undefined }

const located = (message: string, { line, tree }: ModelPlace): string => {
  const where = [line === undefined ? '' : `line ${line}`, tree === undefined ? '' : `tree ${tree}`].filter((part) => part !== '')
  return where.length === 0 ? message : `${where.join(', ')}: ${message}`
}

/** A model file is not what its format promises. The message names the line and the tree. The only error that the parsers throw. */
export class ModelFormatError extends Error {
  override readonly name = 'ModelFormatError'
  readonly line: number | undefined
  readonly tree: number | undefined
  constructor(message: string, place: ModelPlace = {}) {
    super(located(message, place))
    this.line = place.line
    this.tree = place.tree
  }
}
