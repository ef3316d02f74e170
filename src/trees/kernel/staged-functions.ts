import { FunctionBody } from '../../wasm/function-body.ts'
import type { ModuleParts } from '../../wasm/module.ts'
import { kernelNames } from './kernel.ts'

/** prepare, walk and run, as the functions `first`, `first` + 1 and `first` + 2 of a module: run() prepares the row and walks all `trees`. */
export function stagedFunctions({
  prepare,
  walk,
  first,
  trees,
}: {
  prepare: FunctionBody
  walk: FunctionBody
  first: number
  trees: number
}): ModuleParts['functions'] {
  const run = new FunctionBody({ params: [], results: [] })
    .call(first)
    .i32(0)
    .i32(trees)
    .call(first + 1)
  return [
    { body: prepare, exportAs: kernelNames.prepare },
    { body: walk, exportAs: kernelNames.walk },
    { body: run, exportAs: kernelNames.run },
  ]
}
