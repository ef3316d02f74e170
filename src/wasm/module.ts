import { ByteWriter } from './byte-writer.ts'
import type { FunctionBody, Signature } from './function-body.ts'
import { writeUnsigned } from './leb128.ts'
import { valueType } from './opcodes.ts'

/** What a module consists of: functions in index order, some exported by name, and the memory that it imports. */
export type ModuleParts = {
  readonly functions: readonly { readonly body: FunctionBody; readonly exportAs?: string }[]
  /** Pages of 64 KiB that the memory imported as `module`.`name` has at least. */
  readonly memory: { readonly module: string; readonly name: string; readonly pages: number }
}

const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const sectionId = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const

function writeName(writer: ByteWriter, name: string): void {
  if (!/^[\x21-\x7e]+$/.test(name)) throw new RangeError(`"${name}" is not a plain ASCII name`)
  writeUnsigned(writer, name.length)
  writer.append(Array.from(name, (letter) => letter.charCodeAt(0)))
}

function writeSection(module: ByteWriter, id: number, fill: (section: ByteWriter) => void): void {
  const section = new ByteWriter()
  fill(section)
  module.push(id)
  writeUnsigned(module, section.length)
  module.append(section.toBytes())
}

function writeType(writer: ByteWriter, { params, results }: Signature): void {
  writer.push(0x60)
  for (const types of [params, results]) {
    writeUnsigned(writer, types.length)
    writer.append(types.map((type) => valueType[type]))
  }
}

function writeMemoryImport(writer: ByteWriter, { module, name, pages }: ModuleParts['memory']): void {
  if (pages > 65536) throw new RangeError(`a memory has at most 65536 pages, not ${pages}`)
  writeUnsigned(writer, 1)
  writeName(writer, module)
  writeName(writer, name)
  writer.push(2, 0)
  writeUnsigned(writer, pages)
}

function writeExports(writer: ByteWriter, functions: ModuleParts['functions']): void {
  const named = functions.flatMap(({ exportAs }, index) => (exportAs === undefined ? [] : [{ exportAs, index }]))
  if (new Set(named.map(({ exportAs }) => exportAs)).size !== named.length) throw new RangeError('two exports have the same name')
  writeUnsigned(writer, named.length)
  for (const { exportAs, index } of named) {
    writeName(writer, exportAs)
    writer.push(0)
    writeUnsigned(writer, index)
  }
}

function writeCode(writer: ByteWriter, functions: ModuleParts['functions']): void {
  writeUnsigned(writer, functions.length)
  for (const { body } of functions) {
    const code = body.encode()
    writeUnsigned(writer, code.length)
    writer.append(code)
  }
}

/** A module in the binary format (WebAssembly core specification 5.5). Throws RangeError on names, counts or bodies that cannot be written; types are not checked. */
export function encodeModule({ functions, memory }: ModuleParts): Uint8Array<ArrayBuffer> {
  const module = new ByteWriter()
  module.append(magicAndVersion)
  writeSection(module, sectionId.type, (section) => {
    writeUnsigned(section, functions.length)
    for (const { body } of functions) writeType(section, body.signature)
  })
  writeSection(module, sectionId.import, (section) => writeMemoryImport(section, memory))
  writeSection(module, sectionId.function, (section) => {
    writeUnsigned(section, functions.length)
    functions.forEach((_, index) => writeUnsigned(section, index))
  })
  writeSection(module, sectionId.export, (section) => writeExports(section, functions))
  writeSection(module, sectionId.code, (section) => writeCode(section, functions))
  return module.toBytes()
}
