/** Who may import whom, as data: `src/<folder>` -> the folders of src/ that it may import. The linter and test/architecture.test.ts read this table. */
export const folders = {
  contracts: [],
  wasm: [],
  trees: ['wasm'],
  resilience: ['contracts'],
  processes: ['contracts'],
  config: ['contracts'],
  database: ['contracts'],
  events: ['contracts'],
  market: ['contracts'],
  features: ['market', 'contracts'],
  runtimes: ['trees', 'processes', 'resilience', 'contracts'],
  history: ['market', 'contracts'],
  registry: ['database', 'contracts'],
  models: ['registry', 'runtimes', 'contracts'],
  prediction: ['contracts'],
  access: ['database', 'contracts'],
  monitoring: ['contracts'],
  gateway: ['access', 'events', 'monitoring', 'contracts'],
  cli: ['config', 'contracts', 'features', 'gateway', 'history', 'market', 'models', 'runtimes'],
} as const satisfies Record<string, readonly string[]>

/** Third-party packages -> the only places that may import them (folders or files of src/). */
export const adapters = {
  fastify: ['gateway'],
  '@fastify/swagger': ['gateway'],
  '@fastify/swagger-ui': ['gateway'],
  'onnxruntime-node': ['runtimes/onnx'],
  '@msgpack/msgpack': ['runtimes'],
  kysely: ['database'],
  'prom-client': ['monitoring'],
  pino: ['main.ts'],
  commander: ['cli'],
  yaml: ['config', 'features', 'models', 'cli'],
  '@typedtrader/candles': ['market'],
  '@duckdb/node-api': ['history/duckdb.ts'],
} as const satisfies Record<string, readonly string[]>
