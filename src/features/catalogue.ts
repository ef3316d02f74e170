import type { BarField, Catalogue, Family, Parameter, Unit, WarmUp } from './catalog/family.ts'
import { ownCatalogue } from './catalog/index.ts'
import { defineFeature, usualId } from './definition.ts'

/** One family as GET /features and `presage features list` show it; `example` is an id with the usual parameters, and the warm-up is that of the example. */
export type CatalogueEntry = {
  readonly name: string
  readonly example: string
  readonly parameters: readonly Parameter[]
  readonly summary: string
  readonly formula: string
  readonly source?: string
  readonly unit: Unit
  readonly cost: Family['cost']
  readonly flatWhen?: string
  readonly inputs: readonly BarField[]
  readonly warmUp: WarmUp
  readonly range: { readonly min: number; readonly max: number }
  readonly version: number
  readonly digest: string
}

/** Every family of a catalogue (our own unless another is given), in its order. */
export function catalogueEntries(catalogue: Catalogue = ownCatalogue): CatalogueEntry[] {
  return Array.from(catalogue.values(), (family) => {
    const { name, parameters, summary, formula, source, unit, cost, flatWhen, inputs, range, version } = family
    const example = usualId(family, '1m')
    const { warmUp, digest } = defineFeature(example, '1m', catalogue)
    return {
      name,
      example,
      parameters,
      summary,
      formula,
      ...(source === undefined ? {} : { source }),
      unit,
      cost,
      ...(flatWhen === undefined ? {} : { flatWhen }),
      inputs,
      warmUp,
      range,
      version,
      digest,
    }
  })
}
