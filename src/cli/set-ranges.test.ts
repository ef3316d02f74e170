import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { Command } from 'commander'
import type { Manifest } from '../contracts/manifest.ts'
import { noMeter } from '../contracts/meter.ts'
import { FeatureService } from '../features/feature-service.ts'
import { readSetFile } from '../features/set-file.ts'
import { walkBars } from '../market/bar-walk.ts'
import { SeriesStore } from '../market/series-store.ts'
import { checkFeatureContract } from '../models/feature-contract.ts'
import { systemClock } from '../system.ts'
import { registerFeatures } from './features.ts'

const folder = mkdtempSync(join(tmpdir(), 'set-ranges-'))
after(() => rmSync(folder, { recursive: true }))
const symbol = 'BTC/USDT'
const bars = walkBars({ seed: 4, count: 900, from: Date.UTC(2024, 0, 1), barMs: 60_000 })
const [file, set] = [join(folder, 'bars.csv'), join(folder, 'held.yaml')]
writeFileSync(file, bars.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume].join(',')).join('\n'))
const content = 'timeframe: 1m\nfeatures:\n  stretch: { value: (close-sma(20))/atr(14), range: [-1, null] }\n  plain: tod_sin\n'
writeFileSync(set, content)
const written = { '(close-sma(20))/atr(14)@1m': [-1, null] }

async function run(t: TestContext, command: string, ...words: string[]): Promise<string> {
  const said = t.mock.method(process.stderr, 'write', () => true)
  const program = new Command('presage').exitOverride()
  registerFeatures(program)
  await program
    .parseAsync(['features', command, '--symbols', symbol, '--timeframe', '1m', '--bars', file, ...words], { from: 'user' })
    .finally(() => said.mock.restore())
  return said.mock.calls.map(({ arguments: [text] }) => String(text)).join('')
}
const cellsOf = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))

/** What a server that declares the set serves at every close. */
function served() {
  const store = new SeriesStore({ clock: systemClock, meter: noMeter })
  const service = new FeatureService({ series: store, clock: systemClock, meter: noMeter })
  const declared = service.declare(readSetFile(content, { file: set }).spec ?? assert.fail())
  const rows = bars.map((bar) => {
    store.ingest({ symbol, timeframe: '1m' }, [bar], { clock: 'replay' })
    return service.vector(declared, symbol, undefined)
  })
  return { service, declared, rows }
}

test('values outside of the range that a set declares are null in a backfill, and their rows are left out of an export as quarantined, as they are served', async (t) => {
  const { rows, declared } = served()
  const refused = rows.filter(({ statuses }) => statuses[0] === 'quarantined').length
  assert.ok(refused > 10 && refused < 500, `${refused} refused`)
  const [vectors, matrix] = [join(folder, 'vectors.csv'), join(folder, 'train.csv')]
  await run(t, 'backfill', '--set', set, '--out', vectors)
  for (const [i, cells] of cellsOf(vectors).entries())
    assert.deepEqual(
      cells.slice(4).map((cell) => (cell === '' ? NaN : Number(cell))),
      [...(rows[i]?.values ?? [])],
    )
  const said = await run(t, 'export', '--set', set, '--horizon', '15m', '--out', matrix)
  assert.match(said, new RegExp(`, ${refused} quarantined\\)`))
  assert.ok(cellsOf(matrix).every((cells) => Number(cells[3]) >= -1))
  const about = JSON.parse(readFileSync(`${matrix}.json`, 'utf8')) as { counts: { quarantined: number }; ranges: unknown; feature_set_digest: string }
  assert.deepEqual([about.counts.quarantined, about.ranges, about.feature_set_digest], [refused, written, declared.digest])
})

test('a model says in its manifest which ranges it was trained with, and is held to them', async (t) => {
  const { service, declared } = served()
  const inputs = { timeframe: '1m', features: declared.ids, feature_set_digest: declared.digest }
  const of = (more: object) =>
    checkFeatureContract(
      { dir: folder, manifest: { name: 'm', version: '1.0.0', symbols: ['*'], inputs: { ...inputs, ...more } } as unknown as Manifest },
      service,
    )
  assert.deepEqual((await of({ ranges: written })).ranges[0], { min: -1, max: Infinity })
  await assert.rejects(of({}), { code: 'feature_contract_mismatch' })
  const [manifest, again] = [join(folder, 'model.yaml'), join(folder, 'again.csv')]
  writeFileSync(manifest, JSON.stringify({ inputs: { ...inputs, ranges: written } }))
  await run(t, 'export', '--set', manifest, '--horizon', '15m', '--out', again)
  assert.equal((JSON.parse(readFileSync(`${again}.json`, 'utf8')) as { feature_set_digest: string }).feature_set_digest, declared.digest)
})
