import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { readZoo, type ZooModel } from '../trees/read-zoo.ts'

/** A model of the zoo in both encodings: `text` is JSON, `packed` UBJSON. */
export type XgBoostModel = ZooModel & { readonly packed: Uint8Array }

const unzipped = (folder: string, name: string): Buffer => gunzipSync(readFileSync(join(folder, name)))

/** The models that make-zoo.py wrote to a folder, in its order. */
export function readXgBoostZoo(folder: string = import.meta.dirname): readonly XgBoostModel[] {
  const lengths = (JSON.parse(unzipped(folder, 'models.json.gz').toString('utf8')) as { readonly ubj: number }[]).map(({ ubj }) => ubj)
  const packed = Uint8Array.from(unzipped(folder, 'models.ubj.gz'))
  let at = 0
  const models = readZoo(folder).map((model, i) => ({ ...model, packed: packed.subarray(at, (at += lengths[i]!)) }))
  if (at !== packed.length) throw new Error(`${folder}: the UBJSON does not fit the models`)
  return models
}
