import Type from 'typebox'
import { count, milliseconds, strict } from './setting-kinds.ts'

/** How long the name of a model may be. */
export const modelName = { minLength: 1, maxLength: 64 } as const

/** Which bundles are served, and what they may take. */
export const Models = Type.Object(
  {
    dir: Type.String({ description: 'Folder with bundles: NAME/VERSION/model.yaml', default: 'models', minLength: 1 }),
    eager: Type.Array(Type.String(modelName), { description: 'Models loaded at the start rather than at their first request', default: [] }),
    memoryBudgetMb: count('Memory for loaded models, in MiB', 1_024, 1_048_576),
    processMemoryMb: Type.Optional(
      Type.Integer({
        description:
          'Memory that one process of a model may have, in MiB: a bundle that asks for more in `limits.memory` is refused, one that asks for none gets this; without it memoryBudgetMb',
        minimum: 64,
        maximum: 1_048_576,
      }),
    ),
    keepPreviousMs: milliseconds('How long the version before stays loaded, so that a rollback is instant', 900_000, 0),
    rescanMs: milliseconds('How often the folder is read again although nothing said that it changed', 30_000, 100),
    allowUnsafeFormats: Type.Boolean({
      description:
        'Serve models whose reading runs whatever their author wrote: pickles of scikit-learn (joblib) and PyTorch (torch.export), and Python classes',
      default: false,
    }),
    allowUnverified: Type.Boolean({ description: 'Serve bundles that have no golden rows to verify them with', default: false }),
    modulePaths: Type.Array(Type.String({ minLength: 1 }), {
      description: 'Folders in or below which bundles of the runtime `module` may lie: their code runs as this server’s user',
      default: [],
    }),
    onnxInServer: Type.Array(Type.String({ minLength: 1 }), {
      description:
        'Names of small ONNX models that are computed inside the server, which saves the way to a process: a crash of their library ends the server, and while they compute (at most 1 ms a run) nobody else is answered',
      default: [],
    }),
    libraryPath: Type.Array(Type.String({ pattern: '^/[^:;]*$' }), {
      description: 'Folders of CUDA and of NVIDIA’s driver, for models on a graphics card where the linker does not find them itself',
      default: [],
    }),
    remoteHosts: Type.Array(Type.String({ pattern: '^([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+\\])(:\\d{1,5})?$' }), {
      description: 'Servers that bundles of the runtime `remote` may send rows to, as HOST:PORT (or HOST for port 80, and 443 of https)',
      default: [],
    }),
    remoteAuthorization: Type.Optional(
      Type.String({
        description: 'The `authorization` header for those of them whose bundle asks for it, as `Bearer …`',
        pattern: '^[ -~]+$',
        maxLength: 4_096,
        secret: true,
      }),
    ),
  },
  { ...strict, description: 'Bundles and their memory' },
)
