import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** One model of the zoo: its text, its rows (rows x columns) and what LightGBM answered (rows x outputs each). */
export type ZooModel = {
  readonly name: string
  readonly text: string
  readonly rows: readonly Float64Array[]
  readonly outputs: number
  readonly raw: Float64Array
  readonly predicted: Float64Array
}

type Listed = { readonly name: string; readonly text: string; readonly columns: number; readonly rows: number; readonly outputs: number }

/** The models that make-zoo.py wrote to a folder, in its order. */
export function readZoo(folder: string = import.meta.dirname): readonly ZooModel[] {
  const listed = JSON.parse(gunzipSync(readFileSync(join(folder, 'models.json.gz'))).toString('utf8')) as Listed[]
  const bytes = gunzipSync(readFileSync(join(folder, 'values.f64.gz')))
  const values = new Float64Array(Uint8Array.from(bytes).buffer)
  let at = 0
  const take = (count: number): Float64Array => values.slice(at, (at += count))
  const models = listed.map(({ name, text, columns, rows, outputs }) => ({
    name,
    text,
    outputs,
    rows: Array.from({ length: rows }, () => take(columns)),
    raw: take(rows * outputs),
    predicted: take(rows * outputs),
  }))
  if (at !== values.length) throw new Error(`${folder}: the values do not fit the models`)
  return models
}
