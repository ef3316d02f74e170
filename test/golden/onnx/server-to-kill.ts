import { makeModel, modelPath, within } from './model-under-test.ts'

// A server in small: loads a model, sends it a computation that does not end, prints the id of the model's process, and waits to be killed.
const { model } = await makeModel({ path: modelPath('spin') })
void model.predict(Float64Array.of(1e15, 0), 1, within(3_600_000))
process.stdout.write(`${model.pids[0]}\n`)
