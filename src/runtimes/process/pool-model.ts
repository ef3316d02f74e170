import { ServingError } from '../../contracts/error.ts'
import type { LoadedModel } from '../../contracts/loaded-model.ts'
import type { Deadline } from '../../contracts/ports.ts'
import { requireRows } from '../require-rows.ts'
import type { InferencePool } from './inference-pool.ts'

/** A model in processes that take rows as one tensor of float64 and answer with output rows as another. */
export abstract class PoolModel implements LoadedModel {
  readonly inputs: number
  readonly outputs: number
  protected readonly pool: InferencePool

  constructor(pool: InferencePool, { inputs, outputs }: Pick<LoadedModel, 'inputs' | 'outputs'>) {
    this.pool = pool
    this.inputs = inputs
    this.outputs = outputs
  }

  abstract get engine(): string

  get memoryBytes(): number {
    return this.pool.info.rssBytes
  }
  get trouble(): string | undefined {
    return this.pool.trouble
  }

  async predict(rows: Float64Array, count: number, deadline: Deadline): Promise<Float64Array> {
    requireRows(rows, count, this)
    if (count === 0) return new Float64Array(0)
    const [answer] = await this.pool.call([{ name: 'rows', shape: [count, this.inputs], data: rows }], deadline)
    if (answer?.data instanceof Float64Array && answer.data.length === count * this.outputs) return answer.data
    throw new ServingError('model_output_invalid', `The model gave ${answer?.data.length ?? 0} values for ${count} rows instead of ${count * this.outputs}`)
  }

  bringAtHand(): Promise<void> {
    return this.pool.promote()
  }

  dispose(): Promise<void> {
    return this.pool.dispose()
  }
}
