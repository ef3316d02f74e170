import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type ConfigSources, loadConfig, problemLines, readConfig } from './load-config.ts'
import { settings } from './settings.ts'

function yamlFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'presage-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'p.yaml')
  writeFileSync(path, text)
  return path
}

/** The problem lines of some sources, with the folder of the file cut off. */
const problemsFrom = (sources: ConfigSources): string[] => problemLines(readConfig(sources).problems).map((line) => line.replace(/^\/.*\/(p\.yaml)/, '$1'))

test('without any source every setting has its default', () => {
  const config = loadConfig({ env: {} })
  assert.equal(config.gateway.port, 8080)
  assert.equal(config.gateway.host, '127.0.0.1')
  assert.deepEqual(config.routes, [])
  assert.equal(config.defaultModel, undefined)
})

test('the command line wins over the environment, and that over the file', (t) => {
  const file = yamlFile(t, 'gateway:\n  port: 1\n  deadlineMs: 11\n  drainTimeoutMs: 111\n')
  const env = { PRESAGE_GATEWAY_PORT: '2', PRESAGE_GATEWAY_DEADLINE_MS: '22' }
  const { gateway } = loadConfig({ file, env, flags: { 'gateway.port': '3' } })
  assert.deepEqual([gateway.port, gateway.deadlineMs, gateway.drainTimeoutMs], [3, 22, 111])
})

test('all problems of all sources are reported at once, each with its place', (t) => {
  const file = yamlFile(t, '# settings\ngateway:\n  port: 99999\n  hots: x\ndata: 5\n')
  const lines = problemsFrom({ file, env: { PRESAGE_GATEWAY_PROT: '1', PRESAGE_LOG_LEVEL: 'loud' }, flags: { 'gateway.bodyLimitBytes': 'big' } })
  assert.deepEqual(lines, [
    'p.yaml:4:3: gateway.hots is no setting; did you mean host?',
    'p.yaml:5:7: data must be a mapping with dir',
    'PRESAGE_GATEWAY_PROT: is no setting; did you mean PRESAGE_GATEWAY_PORT or PRESAGE_GATEWAY_HOST?',
    'p.yaml:3:9: gateway.port must be <= 65535, not 99999',
    'PRESAGE_LOG_LEVEL: log.level must be one of trace, debug, info, warn, error, silent, not "loud"',
    'command line, gateway.bodyLimitBytes: gateway.bodyLimitBytes must be integer, not "big"',
  ])
  assert.throws(() => loadConfig({ file, env: {} }), { code: 'validation_failed', message: /3 problems:\n {2}.*\n {2}.*\n {2}/ })
})

test('a wrong value is a problem although a stronger source overrides it', (t) => {
  const file = yamlFile(t, 'gateway: {port: no}\n')
  assert.equal(problemsFrom({ file, env: { PRESAGE_GATEWAY_PORT: '9' } }).length, 1)
})

test('broken YAML and duplicate keys name their line', (t) => {
  assert.match(problemsFrom({ file: yamlFile(t, 'gateway:\n  port: [1\n'), env: {} })[0] ?? '', /^p\.yaml:\d+:\d+: /)
  assert.match(problemsFrom({ file: yamlFile(t, 'log:\n  level: info\n  level: warn\n'), env: {} })[0] ?? '', /^p\.yaml:3:3: .*unique/)
  assert.match(problemsFrom({ file: yamlFile(t, '- a\n'), env: {} })[0] ?? '', /^p\.yaml:1:1: must be a mapping/)
})

test('a file that was asked for must exist; an empty file or an empty group sets nothing', (t) => {
  assert.match(problemsFrom({ file: '/no/such.yaml', env: {} })[0] ?? '', /such\.yaml: is not there/)
  assert.match(problemsFrom({ env: { PRESAGE_CONFIG: '/no/such.yaml' } })[0] ?? '', /such\.yaml: is not there/)
  assert.deepEqual(loadConfig({ file: yamlFile(t, ''), env: {} }), loadConfig({ env: {} }))
  assert.deepEqual(loadConfig({ file: yamlFile(t, 'market:\n# nothing\n'), env: {} }), loadConfig({ env: {} }))
})

test('a number is taken from text only when it is one', () => {
  for (const text of ['', ' 1', '1e3', '0x10', '8080.5', 'NaN', '-1', 'tcp://10.0.0.1:80'])
    assert.equal(problemsFrom({ env: { PRESAGE_GATEWAY_PORT: text } }).length > 0, true, text)
  assert.equal(loadConfig({ env: { PRESAGE_GATEWAY_PORT: '0' } }).gateway.port, 0)
})

test('lists and routes are read from text', () => {
  const config = loadConfig({ env: { PRESAGE_MODELS_EAGER: 'a, b', PRESAGE_ROUTES: '[{symbols: "*/USDT", model: m}]', PRESAGE_MARKET_PERSIST: 'false' } })
  assert.deepEqual(config.models.eager, ['a', 'b'])
  assert.deepEqual(config.routes, [{ symbols: '*/USDT', model: 'm' }])
  assert.equal(config.market.persist, false)
  assert.equal(problemsFrom({ env: { PRESAGE_MARKET_PERSIST: 'yes' } }).length, 1)
  assert.match(problemsFrom({ env: { PRESAGE_ROUTES: '[{symbols: "*/USDT", modle: m}]' } }).join(), /required properties model/)
})

test('what Kubernetes puts into the environment for a service named presage is no problem', () => {
  const env = { PRESAGE_PORT: 'tcp://10.0.0.1:80', PRESAGE_SERVICE_HOST: '10.0.0.1', PRESAGE_SERVICE_PORT_HTTP: '80', PRESAGE_PORT_80_TCP_ADDR: '10.0.0.1' }
  assert.deepEqual(problemsFrom({ env }), [])
})

test('settings that contradict each other are a problem', () => {
  assert.match(problemsFrom({ env: { PRESAGE_GATEWAY_DEADLINE_MS: '9000' } })[0] ?? '', /must not be above gateway.maxDeadlineMs, which is 5000/)
})

test('a series that two feeds would bring, and an exchange that is named twice, are problems', () => {
  const faults = (feeds: object[]): string => problemsFrom({ env: { PRESAGE_FEEDS: JSON.stringify(feeds) } }).join()
  const [binance, kraken] = [
    { exchange: 'binance', symbols: ['BTC/USDT'] },
    { exchange: 'kraken', symbols: ['BTC/USDT'] },
  ]
  assert.equal(faults([binance, { ...kraken, symbols: ['BTC/EUR'] }]), '')
  assert.match(faults([binance, kraken]), /PRESAGE_FEEDS: feeds has BTC\/USDT from binance and from kraken/)
  assert.match(faults([binance, { ...binance, symbols: ['ETH/USDT'] }]), /has binance twice/)
  const both = { timeframes: ['1m', '5m'] }
  assert.match(faults([{ ...kraken, ...both }]), /feeds has 2 timeframes of kraken, which streams bars of one through ccxt: follow 1m alone/)
  assert.equal(faults([{ ...kraken, ...both, streams: ['trades'] }]) + faults([{ ...binance, ...both }]), '')
  assert.match(faults([{ ...binance, timeframes: ['2m'] }]), /0\.timeframes\.0 must be one of/)
})

test('no part of a configuration can be changed', () => {
  const config = loadConfig({ env: { PRESAGE_ROUTES: '[{symbols: A/B, model: m}]' } })
  for (const part of [config, config.gateway, config.routes, config.routes[0], config.models.eager]) assert.equal(Object.isFrozen(part), true)
  assert.equal(Object.isFrozen(loadConfig({ env: {} }).models.eager), true)
})

test('a secret never stands in a message', () => {
  assert.doesNotMatch(problemsFrom({ env: { PRESAGE_ACCESS_ADMIN_KEY: 'hunter2' } }).join(), /hunter2/)
})

test('every setting has a description, a variable of its own, and a default or may be absent', () => {
  assert.equal(settings.length > 15, true)
  assert.equal(new Set(settings.map(({ variable }) => variable)).size, settings.length)
  for (const { name, schema, optional } of settings) {
    assert.equal(typeof schema.description, 'string', name)
    assert.equal(optional || schema.default !== undefined, true, name)
  }
})

test('a Redis that no URL leads to is refused before anything starts, with the form to write and without the password', () => {
  const problem = 'command line, redis.url: redis.url must be redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS; DB is a number'
  for (const url of ['http://x', '127.0.0.1:6379', 'redis://', 'redis://h/db', 'redis://h:99999', 'redis://:secret@h/1/2'])
    assert.deepEqual(problemsFrom({ env: {}, flags: { 'redis.url': url } }), [problem], url)
  for (const url of ['redis://h', 'rediss://user:p%40ss@h.example:6380/3', 'redis://[::1]:6379/'])
    assert.equal(loadConfig({ env: {}, flags: { 'redis.url': url } }).redis.url, url)
})
