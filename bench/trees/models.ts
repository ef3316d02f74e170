/** A model of the contest, trained with LightGBM on generated data. `name` is what the tables call it and the stem of its files; `batches` are the sizes, in rows, at which batches are timed. */
export type ContestModel = {
  readonly name: string
  readonly trees: number
  readonly leaves: number
  readonly features: number
  readonly categorical: boolean
  readonly batches: readonly number[]
}

const usual = [16, 256, 4096]
/** 100,000 rows only where LightGBM needs no more than seconds for them; its rate does not change between 4,096 and 100,000. */
const all = [...usual, 100_000]

const model = (trees: number, leaves: number, more: Partial<ContestModel> = {}): ContestModel => {
  const { features = 30, categorical = false, batches = usual } = more
  const name = `${trees}x${leaves}${features === 30 ? '' : `-${features}features`}${categorical ? '-categorical' : ''}`
  return { name, trees, leaves, features, categorical, batches }
}

/** Every model of the contest. */
export const contestModels: readonly ContestModel[] = [
  model(100, 31, { batches: all }),
  model(500, 31, { batches: all }),
  model(1000, 31),
  model(500, 63),
  model(500, 127),
  model(1000, 255),
  model(500, 31, { categorical: true }),
  model(500, 31, { features: 64 }),
  model(500, 31, { features: 120 }),
  model(500, 31, { features: 220 }),
]

/** The two models of a quick run. */
export const quickModels = ['100x31', '500x31'] as const

/** Models whose loading is timed. */
export const loadModels = ['100x31', '500x31', '500x127', '1000x255'] as const
