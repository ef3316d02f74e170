import { ServingError } from '../../contracts/error.ts'

/** What a call of a disposed model fails with, whether it was made before or after. */
export const unloaded = (): ServingError => new ServingError('model_unavailable', 'The model was unloaded')
