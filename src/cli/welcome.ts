import { styleText } from 'node:util'
import type { Running } from '../main.ts'
import type { Feed } from './feed.ts'

const specificationBody = `{"symbol":"BTC/USDT","timestamp":"2024-01-15T10:30:00Z","features":{"price":45000.0,"volume":1000000.0,"rsi":65.5},"model_version":"latest"}`

function feedLines({ origin, key, bars, speed, history }: Feed): string[] {
  const replayed = Math.max(0, bars.length - history)
  return [
    `Replaying ${origin} as ${key.symbol} ${key.timeframe}: ${Math.min(history, bars.length)} bars at once, then ${replayed} at ${speed}x the speed at which they happened.`,
  ]
}

function modelWords(entries: Running['presage']['models']['entries']): string {
  if (entries.length === 0) return 'Models: none yet; copy a bundle into the models folder.'
  const isRefused = (entry: (typeof entries)[number]): boolean => entry.find('latest')?.slot.failure !== undefined
  const listed = (some: typeof entries): string => some.map(({ name, labels }) => `${name} ${labels.get('latest') ?? ''}`.trim()).join(', ') || 'none'
  const refused = entries.filter(isRefused)
  const words = `Models: ${listed(entries.filter((entry) => !isRefused(entry)))}.`
  return refused.length === 0 ? words : `${words} Refused: ${listed(refused)}; the log says why, and GET /models/NAME.`
}

/** Where the admin key is, and how a shell fills it in. */
function keyWords({ keyFile, firstKey, isKeyGiven }: Running['presage']): { readonly where: string; readonly auth: string } {
  if (isKeyGiven)
    return {
      where: 'The admin key is the one of access.adminKey. Try, in another terminal where PRESAGE_ACCESS_ADMIN_KEY is that key:',
      auth: '-H "X-API-Key: $PRESAGE_ACCESS_ADMIN_KEY"',
    }
  return {
    where: `The admin key is in ${keyFile}${firstKey === undefined ? '' : ' (made just now)'}. Try, in another terminal:`,
    auth: `-H "X-API-Key: $(cat '${keyFile}')"`,
  }
}

const triedSymbol = 'BTC/USDT'

/** The first prediction, or what to do before there can be one: without a route the request would be refused. */
function predictionLines({ presage, url }: Running, auth: string): { readonly call: readonly string[]; readonly first: readonly string[] } {
  if (presage.predictions.modelFor(triedSymbol) !== undefined)
    return { call: [`  curl -s ${url}/predict ${auth} -H 'content-type: application/json' -d '${specificationBody}'`], first: [] }
  const [named] = presage.models.namesFor(triedSymbol)
  const ways = ['set routes or defaultModel (docs/configuration.md)', ...(named === undefined ? [] : [`say "model": "${named}" in the request`])]
  const installed = named === undefined ? 'copy a bundle that does into the models folder and ' : ''
  return { call: [], first: [`Before POST /predict answers for ${triedSymbol}, ${installed}${ways.join(', or ')}: no route leads from there to a model.`, ''] }
}

/** What a newcomer reads after the start: what runs, and what to try next; the shell fills the key in, which no log should keep. */
export function welcome(running: Running, feed: Feed | undefined): string {
  const { presage, url, readyMs } = running
  const { where, auth } = keyWords(presage)
  const { call, first } = predictionLines(running, auth)
  return [
    '',
    `${styleText('bold', 'Presage')} answers on ${styleText('bold', url)} (ready in ${readyMs} ms). ${modelWords(presage.models.entries)}`,
    ...(feed ? feedLines(feed) : []),
    where,
    '',
    ...call,
    `  curl -s ${url}/models ${auth}`,
    `  curl -s ${url}/health`,
    '',
    ...first,
    `and look at ${url}/docs. Ctrl-C ends it.`,
    '',
    '',
  ].join('\n')
}
