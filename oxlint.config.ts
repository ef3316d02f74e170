import { defineConfig, type OxlintOverride } from 'oxlint'
import { adapters, folders } from './architecture.ts'

type Pattern = { regex: string; message: string }
/** Tests and what only tests use: they may look across borders, and be longer. */
const testFiles = ['**/*.test.ts', '**/*.test-data.ts', '**/testing/**/*.ts']
const folderNames = Object.keys(folders)
const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')

const forbiddenFolders = (folder: string, allowed: readonly string[]): Pattern[] =>
  folderNames
    .filter((other) => other !== folder && !allowed.includes(other))
    .map((other) => ({ regex: `^(\\.\\./)+${escape(other)}/`, message: `architecture.ts does not let src/${folder} import src/${other}.` }))

const isWithin = (place: string, allowed: string): boolean => place === allowed || place.startsWith(`${allowed}/`)

const forbiddenPackages = (place: string): Pattern[] =>
  Object.entries(adapters)
    .filter(([, places]) => !places.some((allowed) => isWithin(place, allowed)))
    .map(([name, places]) => ({ regex: `^${escape(name)}(/|$)`, message: `${name} is used only in ${places.join(', ')} (architecture.ts).` }))

const restrict = (files: string, patterns: Pattern[]): OxlintOverride => ({
  files: [files],
  excludeFiles: [...testFiles],
  rules: { 'no-restricted-imports': ['error', { patterns }] },
})
const rootOnly: Pattern = {
  regex: '^(\\.\\./)+(main|compose(-market|-history)?)\\.ts$',
  message: 'Only src/main.ts starts the process, only src/compose.ts and the files that it is split into build services: no folder imports them.',
}

const folderRule = (place: string, files: string) => {
  const folder = place.split('/')[0] as keyof typeof folders
  return restrict(files, [...forbiddenFolders(folder, folders[folder]), ...forbiddenPackages(place), ...(folder === 'cli' ? [] : [rootOnly])])
}

/** Who may import what: an override for each folder of src/, then for the places inside a folder that alone may use a package, then for the files of src/ itself. */
const places = [...new Set(Object.values(adapters).flat())]
const borders = [
  ...folderNames.map((folder) => folderRule(folder, `src/${folder}/**/*.ts`)),
  ...places.filter((place) => place.includes('/')).map((place) => folderRule(place, place.endsWith('.ts') ? `src/${place}` : `src/${place}/**/*.ts`)),
  restrict('src/*.ts', forbiddenPackages('*.ts')),
  ...places.filter((place) => /^[^/]+\.ts$/.test(place)).map((file) => restrict(`src/${file}`, forbiddenPackages(file))),
]

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'promise'],
  options: { typeAware: true },
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['/node_modules', '/var', '/coverage', '/.venv', '/models'],
  rules: {
    'max-lines': ['error', { max: 250 }],
    'max-lines-per-function': ['error', { max: 40, skipComments: true }],
    complexity: ['error', { max: 10 }],
    'max-params': ['error', { max: 3 }],
    eqeqeq: 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'no-console': 'error',
    'no-shadow': 'off',
    'no-underscore-dangle': 'off',
    'no-await-in-loop': 'off',
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'import/no-self-import': 'error',
    'import/no-unassigned-import': 'off',
    // typebox, yaml and fast-check document their default import, whose members are also exported by name.
    'import/no-named-as-default-member': 'off',
    'import/no-named-as-default': 'off',
    'oxc/no-barrel-file': ['error', { threshold: 0 }],
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'unicorn/no-array-sort': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'unicorn/require-post-message-target-origin': 'off',
    'node/no-process-env': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': [
      'error',
      {
        allowForKnownSafeCalls: [
          { from: 'package', package: 'node:test', name: ['test', 'describe', 'it', 'suite', 'before', 'after', 'beforeEach', 'afterEach'] },
        ],
      },
    ],
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'typescript/consistent-return': 'off',
    'typescript/no-unnecessary-type-assertion': 'error',
  },
  overrides: [
    ...borders,
    { files: [...testFiles], rules: { 'max-lines': ['error', { max: 400 }], 'max-lines-per-function': 'off', 'no-console': 'off' } },
    { files: ['*.config.ts'], rules: { 'import/no-default-export': 'off' } },
    { files: ['src/main.ts', 'src/cli/**', 'bin/**', 'bench/**', 'test/**'], rules: { 'no-console': 'off', 'node/no-process-env': 'off' } },
  ],
})
