import { styleText } from 'node:util'
import { ServingError } from '../contracts/error.ts'
import type { Manifest } from '../contracts/manifest.ts'
import { durationMs } from '../contracts/written-units.ts'
import type { ModelsResponse, VersionResponse, VersionsResponse } from '../contracts/models.ts'
import { scanFolder } from '../models/scan-folder.ts'
import { compareVersions } from '../models/semver.ts'
import { printable } from './printable.ts'
import { RunningServer, type ServerOptions } from './running-server.ts'
import { tableLines } from './table.ts'

/** What to list: the folder `models`, or what the server at `url` has. */
type ListOptions = Omit<ServerOptions, 'url'> & { readonly models: string; readonly url?: string }

const formOf = ({ runtime, artefact }: Pick<Manifest, 'runtime' | 'artefact'>): string[] => [runtime, artefact.format]

const tellRefused = (where: string, reason: string): void => console.error(`${styleText('red', 'refused')} ${printable(`${where}: ${reason}`)}`)

async function listFolder(dir: string): Promise<void> {
  const scan = await scanFolder(dir)
  if (!scan) throw new ServingError('validation_failed', `${dir} cannot be read; name the folder that holds NAME/VERSION/model.yaml with --models`)
  const sorted = scan.bundles.toSorted((a, b) =>
    a.manifest.name < b.manifest.name ? -1 : a.manifest.name > b.manifest.name ? 1 : compareVersions(b.manifest.version, a.manifest.version),
  )
  const rows = sorted.map(({ manifest, digest }) => [
    manifest.name,
    manifest.version,
    ...formOf(manifest),
    manifest.metrics.accuracy?.toFixed(4) ?? '',
    manifest.symbols.join(' '),
    `${manifest.inputs.features.length} x ${manifest.inputs.window ?? 1} @ ${manifest.inputs.timeframe}`,
    `${durationMs(manifest.label.horizon) / 60_000} min`,
    digest.slice(0, 12),
  ])
  console.log(tableLines(['model', 'version', 'runtime', 'format', 'accuracy', 'symbols', 'inputs', 'horizon', 'digest'], rows).join('\n'))
  for (const { path, reason } of [...scan.rejected, ...scan.closed]) tellRefused(path, reason)
}

/** Whether golden rows were reproduced, and by how many: the proof is that of the last load, and forgotten when the version is unloaded. */
function proofOf({ verified, golden }: VersionResponse): string {
  if (!verified) return 'no'
  return golden === undefined ? 'yes' : `${golden.reproduced}/${golden.rows} within ${golden.max_abs_error.toExponential(1)}`
}

/** The latest version of a model, after others of which something is to be said: newer ones that failed, and those that are in memory, or are to answer by a label, but could not be loaded again or answer nothing at the moment. */
async function shownVersions(server: RunningServer, name: string): Promise<VersionResponse[]> {
  const path = `/models/${name}`
  const [latest, { versions }] = await Promise.all([server.get<VersionResponse>(path), server.get<VersionsResponse>(`${path}/versions`)])
  const others = versions.filter(
    ({ reason, version, loaded, labels }) =>
      reason !== undefined && version !== latest.version && (loaded || labels.length > 0 || compareVersions(version, latest.version) > 0),
  )
  const told = await Promise.all(others.map(({ version }) => server.get<VersionResponse>(`${path}/versions/${version}`)))
  return [...told, latest]
}

async function listServer(options: ServerOptions): Promise<void> {
  const server = await RunningServer.at(options)
  const { models, refused } = await server.get<ModelsResponse>('/models')
  const versions = (await Promise.all(models.map(({ name }) => shownVersions(server, name)))).flat()
  const rows = versions.map((version) => [
    version.model_name,
    version.version,
    version.status,
    ...formOf(version.manifest as Manifest),
    proofOf(version),
    version.engine ?? '',
    version.protection ?? '',
    `${(version.memory_bytes / 2 ** 20).toFixed(1)} MB`,
  ])
  console.log(tableLines(['model', 'version', 'status', 'runtime', 'format', 'verified', 'engine', 'protection', 'memory'], rows).join('\n'))
  for (const { model_name: name, version, reason, loaded } of versions)
    if (reason !== undefined) console.error(`${styleText('red', loaded ? 'in trouble' : 'failed')} ${name} ${version}: ${printable(reason)}`)
  for (const { folder, reason } of refused) tellRefused(folder, reason)
}

/** Prints the bundles of a folder, or with a URL the models of a running server with what it knows of them: status, proof, engine, protection, why newer versions than the latest were refused, what is wrong with versions in memory, and what folders hold a `model.yaml` that cannot be served. */
export async function listModels({ models, url, ...key }: ListOptions): Promise<void> {
  if (url === undefined) await listFolder(models)
  else await listServer({ url, ...key })
}
