import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Command } from 'commander'
import { walkBars } from '../market/bar-walk.ts'
import { registerFeatures } from './features.ts'

const folder = mkdtempSync(join(tmpdir(), 'features-export-'))
after(() => rmSync(folder, { recursive: true }))

const bars = walkBars({ seed: 12, count: 400, from: Date.UTC(2024, 0, 1), barMs: 60_000 })
const file = join(folder, 'bars.csv.gz')
writeFileSync(
  file,
  gzipSync(['t,o,h,l,c,v', ...bars.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume].join(','))].join('\n')),
)

async function run(...words: string[]): Promise<void> {
  const program = new Command('presage').exitOverride().configureOutput({ writeErr() {} })
  registerFeatures(program)
  for (const command of program.commands.flatMap((group) => [group, ...group.commands])) command.exitOverride().configureOutput({ writeErr() {} })
  await program.parseAsync(words, { from: 'user' })
}
const exportTo = (out: string, ...words: string[]) =>
  run('features', 'export', '--bars', file, '--symbols', 'BTC/USDT', '--timeframe', '1m', '--horizon', '15m', '--out', out, ...words)

test('export writes a matrix and what made it, twice the same bytes', async () => {
  const [one, two] = [join(folder, 'one.csv'), join(folder, 'two.csv')]
  const ids = 'close@1m,rsi(14)@1m,macd(12,26,9)@1m,tod_sin'
  await exportTo(one, '--features', ids, '--cost-bps', '8')
  await exportTo(two, '--features', ids, '--cost-bps', '8')
  const text = readFileSync(one, 'utf8')
  assert.equal(readFileSync(two, 'utf8'), text)
  const [header, first = '', ...rest] = text.trimEnd().split('\n')
  assert.equal(header, 'symbol,close_time,as_of,close@1m,rsi(14)@1m,"macd(12,26,9)@1m",tod_sin,r,threshold,label,weight,label_landing')
  assert.equal(rest.length + 1, 400 - 307 - 15)
  const cells = first.split(',')
  assert.equal(new Date(Number(cells[1])).toISOString(), cells[2])
  assert.equal(Number(cells[3]), bars[307]?.close)
  assert.equal(cells[8], '0.0008')
  assert.equal(cells[9], Math.abs(Number(cells[7])) > 0.0008 ? String(Math.sign(Number(cells[7]))) : '0')
  const sidecar = JSON.parse(readFileSync(`${one}.json`, 'utf8')) as Record<string, unknown>
  assert.match(sidecar['feature_set_digest'] as string, /^[0-9a-f]{64}$/)
  assert.deepEqual(sidecar['ids'], ['close@1m', 'rsi(14)@1m', 'macd(12,26,9)@1m', 'tod_sin'])
  assert.deepEqual([sidecar['cost_bps'], sidecar['horizon']], [8, '15m'])
  assert.match((sidecar['bars'] as { sha256: string }[])[0]?.sha256 ?? '', /^[0-9a-f]{64}$/)
})

test('export takes expressions, whose commas and parentheses may be nested', async () => {
  const out = join(folder, 'expressions.csv')
  await exportTo(out, '--features', 'zscore(ema(ema(3)-ema(5),4),10)@1m,(close-sma(20))/atr(2)@1m, close>lag(close,3)@1m')
  const [header, first = ''] = readFileSync(out, 'utf8').split('\n')
  assert.equal(
    header,
    'symbol,close_time,as_of,"zscore(ema(ema(3)-ema(5),4),10)@1m",(close-sma(20))/atr(2)@1m,"close>lag(close,3)@1m",r,threshold,label,weight,label_landing',
  )
  const at = bars.findIndex(({ openTime }) => openTime + 60_000 === Number(first.split(',')[1]))
  assert.equal(first.split(',')[5], (bars[at]?.close ?? 0) > (bars[at - 3]?.close ?? 0) ? '1' : '0')
})

test('export takes the ids from a list, a set file or a manifest', async () => {
  const texts = ['- close@1m\n- tod_sin\n', 'features: [close@1m, tod_sin]\n', 'name: m\ninputs:\n  timeframe: 1m\n  features: [close@1m, tod_sin]\n']
  for (const [i, text] of texts.entries()) {
    const [set, out] = [join(folder, `${i}.yaml`), join(folder, `${i}.csv`)]
    writeFileSync(set, text)
    await exportTo(out, '--set', set)
    assert.match(readFileSync(out, 'utf8'), /^symbol,close_time,as_of,close@1m,tod_sin,r,threshold,label,weight,label_landing\n/)
  }
})

test('export fills gaps as the manifest that names the features says', async () => {
  const [set, out] = [join(folder, 'gaps.yaml'), join(folder, 'gaps.csv')]
  writeFileSync(set, 'inputs: { timeframe: 1m, features: [close@1m], gaps: { flat: 3 } }\n')
  await exportTo(out, '--set', set)
  assert.deepEqual((JSON.parse(readFileSync(`${out}.json`, 'utf8')) as { gaps: unknown }).gaps, { flat: 3 })
})

const sets = join(folder, 'sets')
mkdirSync(sets)
const setFile = join(sets, 'momentum.yaml')
writeFileSync(setFile, 'timeframe: 1m\nfeatures:\n  score: zscore(strength, 30)\n  strength: { value: rsi(2), lag: 2 }\n')

test('list, check and export know the modules of features that are named', async () => {
  const [out, set, modules] = [join(folder, 'module.csv'), join(folder, 'trend.yaml'), new URL('../../examples/features', import.meta.url).pathname]
  writeFileSync(set, 'timeframe: 1m\nfeatures: { straight: efficiency(30) }\n')
  await exportTo(out, '--set', set, '--modules', modules)
  assert.match(readFileSync(out, 'utf8'), /^symbol,close_time,as_of,efficiency\(30\)@1m,r,threshold,label,weight,label_landing\nBTC\/USDT,\d+,[^,]+,0\.\d+,/)
  await assert.rejects(exportTo(out, '--set', set), { message: /no such feature/ })
  await assert.rejects(run('features', 'check', set), { message: /trend\.yaml:2:\d+: "efficiency\(30\)": no such feature/ })
  await assert.rejects(run('features', 'check', '--modules', set), { message: /trend\.yaml: cannot be imported/ })
})

test('export takes a declared set by file and by name, and says the names of its columns beside the matrix', async () => {
  const outs = [join(folder, 'set-1.csv'), join(folder, 'set-2.csv')] as const
  await exportTo(outs[0], '--set', setFile)
  await exportTo(outs[1], '--set', 'momentum', '--sets', sets)
  assert.equal(readFileSync(outs[1], 'utf8'), readFileSync(outs[0], 'utf8'))
  const [header] = readFileSync(outs[0], 'utf8').split('\n')
  assert.equal(header, 'symbol,close_time,as_of,"zscore(rsi(2),30)@1m",rsi(2)@1m,"lag(rsi(2),1)@1m","lag(rsi(2),2)@1m",r,threshold,label,weight,label_landing')
  assert.deepEqual((JSON.parse(readFileSync(`${outs[0]}.json`, 'utf8')) as { names: unknown }).names, ['score', 'strength', 'strength_lag1', 'strength_lag2'])
  await assert.rejects(exportTo(outs[1], '--set', 'momentun', '--sets', sets), { message: /neither a file nor a set of the folder .*did you mean momentum\?/ })
})

test('export refuses a set file that is no YAML, and one on another timeframe', async () => {
  const [broken, slow] = [join(folder, 'broken.yaml'), join(folder, 'slow.yaml')]
  writeFileSync(broken, 'timeframe: 1m\nfeatures: [close\n')
  writeFileSync(slow, 'timeframe: 5m\nfeatures: [close]\n')
  await assert.rejects(exportTo(join(folder, 'x.csv'), '--set', broken), { code: 'validation_failed', message: /broken\.yaml:\d+:\d+: / })
  await assert.rejects(exportTo(join(folder, 'x.csv'), '--set', slow), { code: 'validation_failed', message: /is on 5m, not on 1m/ })
})

test('check prints what a set resolves to, or every problem with its line, a caret and a suggestion', async (t) => {
  const printed = t.mock.method(process.stdout, 'write', () => true)
  await run('features', 'check', setFile)
  printed.mock.restore()
  const text = printed.mock.calls.map(({ arguments: [chunk] }) => String(chunk)).join('')
  assert.match(text, /momentum on 1m[^]*strength_lag2 {2}lag\(rsi\(2\),2\)@1m[^]*feature_set_digest [0-9a-f]{64}/)
  const wrong = join(folder, 'wrong.yaml')
  writeFileSync(wrong, 'timeframe: 1m\nfeatures:\n  a: lag(b, 1)\n  b: delta(a, 2)\n  c: zscore(rsy(14), 96)\n')
  await assert.rejects(run('features', 'check', wrong), {
    code: 'validation_failed',
    message: /wrong\.yaml:4:12: .*rests on itself: a → b → a\.[^]*wrong\.yaml:5:13: .*Did you mean rsi\(14\)[^]*\n {4}zscore\(rsy\(14\), 96\)\n {11}\^\^\^/,
  })
})

test('check says of a file that cannot be read that it cannot, by its name', async () => {
  await assert.rejects(run('features', 'check', join(folder, 'nofile.yaml')), { code: 'validation_failed', message: /nofile\.yaml: cannot be read \(ENOENT/ })
  await assert.rejects(run('features', 'check', folder), { code: 'validation_failed', message: /cannot be read \(EISDIR/ })
})

test('export refuses what it does not understand, in words', async () => {
  const out = join(folder, 'refused.csv')
  await assert.rejects(exportTo(out), { code: 'validation_failed', message: /--features .* or --set/ })
  await assert.rejects(exportTo(out, '--features', 'rsy(14)@1m'), { code: 'unknown_feature', message: /Did you mean rsi\(14\)@1m/ })
  await assert.rejects(exportTo(out, '--features', 'close@1m', '--horizon', 'soon'), /A whole number with its unit/)
  await assert.rejects(exportTo(out, '--features', 'close@1m', '--cost-bps', '-1'), /basis points/)
  await assert.rejects(exportTo(out, '--features', 'close@1m', '--timeframe', '2m'), /One of 1s/)
})
