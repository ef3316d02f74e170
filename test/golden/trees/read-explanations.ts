import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Ensemble } from '../../../src/trees/ensemble.ts'
import { parseLightGbm } from '../../../src/trees/lightgbm.ts'
import { readZoo, type ZooModel } from './read-zoo.ts'

/** A model of the zoo with what LightGBM says of its rows: their leaves (rows x trees), and the contributions of some of them (outputs x (inputs + 1) each). */
export type ExplainedModel = ZooModel & {
  readonly ensemble: Ensemble
  readonly leaves: Uint16Array
  readonly explained: readonly { readonly row: Float64Array; readonly raw: Float64Array; readonly contributions: Float64Array }[]
}

const explainedRows = 20
const bytesOf = (folder: string, name: string): ArrayBuffer => Uint8Array.from(gunzipSync(readFileSync(join(folder, name)))).buffer

/** The zoo of a folder with the files that make-explanations.py added. */
export function readExplanations(folder: string = import.meta.dirname): readonly ExplainedModel[] {
  const leaves = new Uint16Array(bytesOf(folder, 'leaves.u16.gz'))
  const values = new Float64Array(bytesOf(folder, 'contributions.f64.gz'))
  let [leafAt, valueAt] = [0, 0]
  const models = readZoo(folder).map((model) => {
    const ensemble = parseLightGbm(model.text)
    const { inputs, outputs, trees, linear } = ensemble
    const width = outputs * (inputs + 1)
    const every = Math.floor(model.rows.length / explainedRows)
    const explained = Array.from({ length: linear === undefined ? explainedRows : 0 }, (_, i) => ({
      row: model.rows[i * every]!,
      raw: model.raw.subarray(i * every * outputs, (i * every + 1) * outputs),
      contributions: values.subarray(valueAt, (valueAt += width)),
    }))
    return { ...model, ensemble, leaves: leaves.subarray(leafAt, (leafAt += model.rows.length * trees)), explained }
  })
  if (leafAt !== leaves.length || valueAt !== values.length) throw new Error(`${folder}: the explanations do not fit the models`)
  return models
}
