import type { ErrorCode } from '../../../src/contracts/error.ts'

/** One bad request and what must come back: status by the error table, code, and the first pointer where there is one. */
export type BadInput = {
  readonly name: string
  readonly method?: string
  readonly path: string
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** Which key is sent: with every scope (usual), none, or one that can do nothing. */
  readonly key?: 'none' | 'powerless'
  readonly code: ErrorCode
  readonly pointer?: string
}

/** The code, and the first pointer where there is one. */
type Expected = readonly [code: ErrorCode, pointer?: string]

const post =
  (path: string) =>
  (name: string, body: string | Uint8Array, ...[code, pointer]: Expected): BadInput => ({
    name: `${path}: ${name}`,
    method: 'POST',
    path,
    body,
    code,
    ...(pointer === undefined ? {} : { pointer }),
  })
const get = (name: string, path: string, ...[code, pointer]: Expected): BadInput => ({
  name: `GET ${name}`,
  path,
  code,
  ...(pointer === undefined ? {} : { pointer }),
})
const symbol = '"symbol":"BTC/USDT"'
const predict = post('/predict')
const batch = post('/predict/batch')
const bars = post('/market/bars')
const ticks = post('/market/ticks')
const books = post('/market/books')
const series = '"symbol":"BTC/USDT","timeframe":"1m"'
const row = '[1704067200000,1,2,1,1.5,10]'
const label = (name: string, body: string, ...[code, pointer]: Expected): BadInput => ({
  ...post('/models/momentum/labels/stable')(name, body, code, pointer),
  method: 'PUT',
})

const predictRows: readonly BadInput[] = [
  predict('empty body', '', 'malformed_json'),
  predict('only white space', ' \n', 'malformed_json'),
  predict('array', '[]', 'validation_failed', ''),
  predict('number', '5', 'validation_failed', ''),
  predict('text', '"x"', 'validation_failed', ''),
  predict('null', 'null', 'validation_failed', ''),
  predict('cut off', `{${symbol}`, 'malformed_json'),
  predict('trailing garbage', `{${symbol}}}`, 'malformed_json'),
  predict('two documents', `{${symbol}}{${symbol}}`, 'malformed_json'),
  predict('single quotes', "{'symbol':'BTC/USDT'}", 'malformed_json'),
  predict('comment', `{${symbol} /* now */}`, 'malformed_json'),
  predict('trailing comma', `{${symbol},}`, 'malformed_json'),
  predict('byte order mark', `\ufeff{${symbol}}`, 'malformed_json'),
  predict('invalid UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 'malformed_json'),
  predict('nested too deeply', '['.repeat(5_000), 'malformed_json'),
  predict('duplicate field', `{${symbol},"symbol":"ETH/USDT"}`, 'malformed_json', '/symbol'),
  predict('duplicate feature, escaped', `{${symbol},"features":{"rsi":1,"\\u0072si":2}}`, 'malformed_json', '/features/rsi'),
  predict('no symbol', '{}', 'validation_failed', '/symbol'),
  predict('symbol is a number', '{"symbol":42}', 'validation_failed', '/symbol'),
  predict('symbol is null', '{"symbol":null}', 'validation_failed', '/symbol'),
  predict('symbol in small letters', '{"symbol":"btc/usdt"}', 'invalid_symbol', '/symbol'),
  predict('symbol with a dash', '{"symbol":"BTC-USDT"}', 'invalid_symbol', '/symbol'),
  predict('symbol that climbs', '{"symbol":"../../etc/passwd"}', 'invalid_symbol', '/symbol'),
  predict('symbol with NUL', '{"symbol":"BTC/USDT\\u0000"}', 'invalid_symbol', '/symbol'),
  predict('symbol with a line end', '{"symbol":"BTC/USDT\\n"}', 'invalid_symbol', '/symbol'),
  predict('symbol with a lone surrogate', '{"symbol":"\\ud800/USDT"}', 'invalid_symbol', '/symbol'),
  predict('symbol with a bidi override', '{"symbol":"\\u202eBTC/USDT"}', 'invalid_symbol', '/symbol'),
  predict('emoji symbol', '{"symbol":"🚀/USDT"}', 'invalid_symbol', '/symbol'),
  predict('long symbol', `{"symbol":"${'A'.repeat(9_000)}/USDT"}`, 'invalid_symbol', '/symbol'),
  predict('empty symbol', '{"symbol":""}', 'invalid_symbol', '/symbol'),
  predict('unknown field', `{${symbol},"feautres":{}}`, 'unknown_field', '/feautres'),
  predict('__proto__', `{${symbol},"__proto__":{"x":1}}`, 'unknown_field', '/__proto__'),
  predict('__proto__ as a feature', `{${symbol},"features":{"\\u005f_proto__":1}}`, 'unknown_field', '/features/__proto__'),
  predict('constructor', `{${symbol},"constructor":{"prototype":{}}}`, 'unknown_field', '/constructor'),
  predict('price as text', `{${symbol},"features":{"price":"1.5"}}`, 'validation_failed', '/features/price'),
  predict('price as boolean', `{${symbol},"features":{"price":true}}`, 'validation_failed', '/features/price'),
  predict('price in an array', `{${symbol},"features":{"price":[1]}}`, 'validation_failed', '/features/price'),
  predict('infinite price', `{${symbol},"features":{"price":1e999}}`, 'non_finite_feature', '/features/price'),
  predict('minus infinite price', `{${symbol},"features":{"price":-1e400}}`, 'non_finite_feature', '/features/price'),
  predict('price that becomes zero', `{${symbol},"features":{"price":1e-400}}`, 'validation_failed', '/features/price'),
  predict('NaN price', `{${symbol},"features":{"price":NaN}}`, 'malformed_json'),
  predict('Infinity price', `{${symbol},"features":{"price":Infinity}}`, 'malformed_json'),
  predict('price that loses digits', `{${symbol},"features":{"price":9007199254740993}}`, 'validation_failed', '/features/price'),
  predict('features is an array', `{${symbol},"features":[1]}`, 'validation_failed', '/features'),
  predict('features is null', `{${symbol},"features":null}`, 'validation_failed', '/features'),
  predict('timestamp without zone', `{${symbol},"timestamp":"2024-01-15T10:30:00"}`, 'invalid_timestamp', '/timestamp'),
  predict('timestamp on 30 February', `{${symbol},"timestamp":"2024-02-30T10:30:00Z"}`, 'invalid_timestamp', '/timestamp'),
  predict('timestamp as a number', `{${symbol},"timestamp":1705314600}`, 'validation_failed', '/timestamp'),
  predict('timestamp as a word', `{${symbol},"timestamp":"yesterday"}`, 'invalid_timestamp', '/timestamp'),
  predict('empty model', `{${symbol},"model":""}`, 'validation_failed', '/model'),
  predict('long model', `{${symbol},"model":"${'m'.repeat(65)}"}`, 'validation_failed', '/model'),
  predict('version as a number', `{${symbol},"model_version":1.2}`, 'validation_failed', '/model_version'),
  predict('include of something unknown', `{${symbol},"include":["everything"]}`, 'validation_failed', '/include/0'),
  predict('include twice', `{${symbol},"include":["timing","timing"]}`, 'validation_failed', '/include'),
  predict('include as text', `{${symbol},"include":"timing"}`, 'validation_failed', '/include'),
  predict('two different problems', '{"symbol":"x","y":1}', 'validation_failed'),
  predict('body of 65 KB', `{"symbol":"${'x'.repeat(66_000)}"}`, 'body_too_large'),
  { ...predict('plain text', `{${symbol}}`, 'unsupported_media_type'), headers: { 'content-type': 'text/plain' } },
  { ...predict('XML', '<a/>', 'unsupported_media_type'), headers: { 'content-type': 'application/xml' } },
  { ...predict('form', 'symbol=BTC', 'unsupported_media_type'), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  { ...predict('UTF-16', `{${symbol}}`, 'unsupported_media_type'), headers: { 'content-type': 'application/json; charset=utf-16' } },
  { ...predict('nonsense content type', `{${symbol}}`, 'unsupported_media_type'), headers: { 'content-type': '///' } },
  { ...predict('compressed', `{${symbol}}`, 'unsupported_media_type'), headers: { 'content-encoding': 'gzip' } },
  { ...predict('budget that is no number', `{${symbol}}`, 'validation_failed'), headers: { 'request-timeout-ms': 'soon' } },
  { ...predict('budget of zero', `{${symbol}}`, 'validation_failed'), headers: { 'request-timeout-ms': '0' } },
]

const batchRows: readonly BadInput[] = [
  batch('no requests', '{}', 'validation_failed', '/requests'),
  batch('no item', '{"requests":[]}', 'validation_failed', '/requests'),
  batch('257 items', JSON.stringify({ requests: Array.from({ length: 257 }, () => ({ symbol: 'BTC/USDT' })) }), 'batch_too_large', '/requests'),
  batch('item that is no object', '{"requests":[5]}', 'validation_failed', '/requests/0'),
  batch('item without a symbol', `{"requests":[{${symbol}},{}]}`, 'validation_failed', '/requests/1/symbol'),
  batch('no item that could be answered', '{"requests":[{"symbol":"x"}]}', 'invalid_symbol', '/requests/0/symbol'),
  batch('no item that could be read', `{"requests":[{${symbol},"features":{"price":1e309}}]}`, 'non_finite_feature', '/requests/0/features/price'),
  batch('item named twice', `{"requests":[{${symbol}},{${symbol},${symbol}}]}`, 'malformed_json', '/requests/1/symbol'),
  batch('infinite number beside the items', `{"requests":[{${symbol}}],"model":1e309}`, 'validation_failed', '/model'),
  batch('unknown field beside the items', `{"requests":[{${symbol}}],"when":1}`, 'unknown_field', '/when'),
  batch('requests is an object', '{"requests":{}}', 'validation_failed', '/requests'),
]

const marketRows: readonly BadInput[] = [
  bars('nothing', '{}', 'validation_failed', '/symbol'),
  bars('no bar', `{${series},"bars":[]}`, 'validation_failed', '/bars'),
  bars('short row', `{${series},"bars":[[1704067200000,1,2,1]]}`, 'validation_failed', '/bars/0'),
  bars('long row', `{${series},"bars":[[1704067200000,1,2,1,1.5,10,7,8]]}`, 'validation_failed', '/bars/0/7'),
  bars('bought by takers as text', `{${series},"bars":[[1704067200000,1,2,1,1.5,10,"7"]]}`, 'validation_failed', '/bars/0/6'),
  bars('price as text', `{${series},"bars":[[1704067200000,"1",2,1,1.5,10]]}`, 'validation_failed', '/bars/0/1'),
  bars('null price', `{${series},"bars":[[1704067200000,null,2,1,1.5,10]]}`, 'validation_failed', '/bars/0/1'),
  bars('volume that becomes zero', `{${series},"bars":[[1704067200000,1,2,1,1.5,1e-400]]}`, 'validation_failed', '/bars/0/5'),
  bars('infinite price', `{${series},"bars":[[1704067200000,1e999,2,1,1.5,10]]}`, 'validation_failed', '/bars/0/1'),
  bars('open time with a fraction', `{${series},"bars":[[1704067200000.5,1,2,1,1.5,10]]}`, 'validation_failed', '/bars/0/0'),
  bars('unknown timeframe', `{"symbol":"BTC/USDT","timeframe":"2m","bars":[${row}]}`, 'validation_failed', '/timeframe'),
  bars('bad symbol', `{"symbol":"btc","timeframe":"1m","bars":[${row}]}`, 'invalid_symbol', '/symbol'),
  bars('unknown calendar', `{${series},"calendar":"nyse","bars":[${row}]}`, 'validation_failed', '/calendar'),
  bars('unknown field', `{${series},"bars":[${row}],"source":"x"}`, 'unknown_field', '/source'),
  ticks('no tick', '{"symbol":"BTC/USDT","ticks":[]}', 'validation_failed', '/ticks'),
  ticks('side that is none', '{"symbol":"BTC/USDT","ticks":[[1704067200000,1,1,"up"]]}', 'validation_failed', '/ticks/0/3'),
  ticks('bad symbol', '{"symbol":"btc","ticks":[[1704067200000,1,1]]}', 'invalid_symbol', '/symbol'),
  books('level of one number', '{"symbol":"BTC/USDT","books":[[1704067200000,[[1]],[[2,1]]]]}', 'validation_failed', '/books/0/1/0'),
  books('51 levels', `{"symbol":"BTC/USDT","books":[[1704067200000,[],[${'[1,1],'.repeat(50)}[1,1]]]]}`, 'validation_failed', '/books/0/2'),
  bars('body of more than a MiB', `{"x":"${'x'.repeat(1_100_000)}"}`, 'body_too_large'),
  get('bars without a query', '/market/bars', 'validation_failed', '/symbol'),
  get('bars of a bad symbol', '/market/bars?symbol=btc&timeframe=1m', 'invalid_symbol', '/symbol'),
  get('bars from a word', '/market/bars?symbol=BTC/USDT&timeframe=1m&from=x', 'invalid_timestamp', '/from'),
  get('bars with limit 0', '/market/bars?symbol=BTC/USDT&timeframe=1m&limit=0', 'validation_failed', '/limit'),
  get('more bars than an answer has', '/market/bars?symbol=BTC/USDT&timeframe=1m&limit=10001', 'validation_failed', '/limit'),
  get('bars with a limit that is no count', '/market/bars?symbol=BTC/USDT&timeframe=1m&limit=1e3', 'validation_failed', '/limit'),
  get('bars with two symbols', '/market/bars?symbol=BTC/USDT&symbol=ETH/USDT&timeframe=1m', 'validation_failed', '/symbol'),
  get('bars with a key in the query', '/market/bars?symbol=BTC/USDT&timeframe=1m&api_key=x', 'unknown_field', '/api_key'),
  get('bars that are not stored', '/market/bars?symbol=DOGE/USDT&timeframe=1m', 'series_not_found'),
]

const modelRows: readonly BadInput[] = [
  get('unknown model', '/models/nothing', 'model_not_found'),
  get('versions of an unknown model', '/models/nothing/versions', 'model_not_found'),
  get('version of an unknown model', '/models/nothing/versions/1.2.3', 'model_not_found'),
  get('model name in capitals', '/models/Momentum', 'validation_failed', '/name'),
  get('model name that climbs', '/models/..%2f..%2fetc', 'validation_failed', '/name'),
  get('models with a query', '/models?x=1', 'unknown_field', '/x'),
  post('/models/nothing/rollback')('unknown model', '{}', 'model_not_found'),
  post('/models/nothing/versions/1.2.3/load')('unknown model', '', 'model_not_found'),
  post('/models/nothing/versions/1.2.3/unload')('unknown field', '{"why":1}', 'unknown_field', '/why'),
  post('/models/nothing/rollback')('reason that is too long', JSON.stringify({ reason: 'x'.repeat(501) }), 'validation_failed', '/reason'),
  { ...post('/models/nothing/labels/latest')('unknown model', '', 'model_not_found'), method: 'DELETE' },
  { ...post('/models/momentum/labels/latest')('unknown field', '{"version":"1.2.3"}', 'unknown_field', '/version'), method: 'DELETE' },
  label('no version', '{}', 'validation_failed', '/version'),
  label('version that is none', '{"version":"newest"}', 'validation_failed', '/version'),
  label('version with a space', '{"version":"1.2.3 "}', 'validation_failed', '/version'),
  label('empty body', '', 'malformed_json'),
]

const otherRows: readonly BadInput[] = [
  get('features of a bad symbol', '/features/btc?set=momentum', 'invalid_symbol', '/symbol'),
  get('features without a set', '/features/BTC%2FUSDT', 'validation_failed', '/set'),
  get('features as of a word', '/features/BTC%2FUSDT?set=momentum&as_of=now', 'invalid_timestamp', '/as_of'),
  get('features of an unknown model', '/features/BTC%2FUSDT?set=nothing', 'model_not_found'),
  get('decision that is not remembered', '/decisions/0192f6c1-0000-7000-8000-000000000000', 'decision_not_found'),
  get('decision id with strange bytes', '/decisions/%00%ff', 'malformed_http'),
  get('decision id of 400 characters', `/decisions/${'a'.repeat(400)}`, 'uri_too_long'),
  get('nothing', '/nothing', 'route_not_found'),
  get('path that climbs', '/..%2f..%2fetc/passwd', 'route_not_found'),
  get('two slashes', '//predict', 'route_not_found'),
  get('bad percent', '/models/%zz', 'malformed_http'),
  get('error that does not exist', '/errors/toString', 'route_not_found'),
  get('livez with a query', '/livez?x=1', 'unknown_field', '/x'),
  get('predict', '/predict', 'method_not_allowed'),
  { name: 'DELETE a model', method: 'DELETE', path: '/models/momentum', code: 'method_not_allowed' },
  { name: 'PATCH predict', method: 'PATCH', path: '/predict', body: '{}', code: 'method_not_allowed' },
  { name: 'POST to nowhere with a bad body', method: 'POST', path: '/nowhere', body: '{', code: 'route_not_found' },
  { ...predict('no key', `{${symbol}}`, 'auth_missing'), key: 'none' },
  { ...predict('no key and a bad body', '{', 'auth_missing'), key: 'none' },
  { ...predict('mistyped key', `{${symbol}}`, 'auth_malformed'), key: 'none', headers: { 'x-api-key': 'psk_live_abc' } },
  { ...predict('empty bearer', `{${symbol}}`, 'auth_malformed'), key: 'none', headers: { authorization: 'Bearer ' } },
  { ...predict('basic credentials', `{${symbol}}`, 'auth_malformed'), key: 'none', headers: { authorization: 'Basic YTpi' } },
  { ...predict('two different keys', `{${symbol}}`, 'auth_malformed'), headers: { authorization: 'Bearer psk_live_x' } },
  { ...predict('powerless key', `{${symbol}}`, 'scope_missing'), key: 'powerless' },
  { ...bars('powerless key', '{}', 'scope_missing'), key: 'powerless' },
  { ...get('metrics with a powerless key', '/metrics', 'scope_missing'), key: 'powerless' },
  { ...get('models without a key', '/models', 'auth_missing'), key: 'none' },
  { ...label('powerless key', '{}', 'scope_missing'), key: 'powerless' },
]

/** Bad requests for every path, with what must come back. */
export const badInputs: readonly BadInput[] = [...predictRows, ...batchRows, ...marketRows, ...modelRows, ...otherRows]
