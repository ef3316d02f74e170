import msft from '@typedtrader/candles/json/downtrend-msft.json' with { type: 'json' }
import slv from '@typedtrader/candles/json/uptrend-slv.json' with { type: 'json' }
import { type CatalogueEntry, catalogueEntries } from '../../src/features/catalogue.ts'
import { operations } from '../../src/features/expressions/operations.ts'
import { infix } from '../../src/features/expressions/parse.ts'
import { functionForm } from '../../src/features/expressions/resolve.ts'
import { kernelRun, kernelValues } from '../../src/features/testing/kernel-run.ts'
import { demoBars, toBarInput } from '../../src/market/demo-bars.ts'

/** A page that is made from code: its path in the repository, and its text. */
export type Page = { readonly file: string; readonly render: () => string }

const [wide, high, margin] = [160, 32, 2]
const pictureOf = (name: string): string => `images/features/${name}.svg`

/** Height of a value in the picture, in tenths of a pixel. */
const scaled = (value: number, { least, span }: { readonly least: number; readonly span: number }): string =>
  (high - margin - ((value - least) / span) * (high - 2 * margin)).toFixed(1)

/** A line through the values, one pixel a bar, interrupted where there is none; a thin one at zero if they lie on both sides of it. */
function sparkline(title: string, values: readonly number[]): string {
  const known = values.filter((value) => !Number.isNaN(value))
  const [least, most] = [Math.min(...known), Math.max(...known)]
  const frame = most > least ? { least, span: most - least } : { least: least - 1, span: 2 }
  const path = values
    .map((value, i) => (Number.isNaN(value) ? '' : `${i === 0 || Number.isNaN(values[i - 1]) ? 'M' : 'L'}${i} ${scaled(value, frame)}`))
    .join('')
  const zero = least < 0 && most > 0 ? `<path d="M0 ${scaled(0, frame)}H${wide}" stroke="#999" stroke-width=".5"/>` : ''
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" fill="none"><title>${title}</title>${zero}<path d="${path}" stroke="#2f81c7" stroke-width="1.2"/></svg>\n`
}

/** Values of a feature of two symbols on a month of MSFT, with SLV as its partner. */
function pairValues(id: string): number[] {
  const run = kernelRun(id, '1h')
  const partner = new Map(slv.map(({ openTimeInMillis, close }) => [openTimeInMillis, Number(close)]))
  return msft.map(toBarInput).flatMap((bar) => (partner.has(bar.openTime) ? [run.take(bar, partner.get(bar.openTime))] : []))
}

/** The newest values of a feature on the bars of the demonstration. */
function picture({ example, inputs }: CatalogueEntry): string {
  const id = example.replace('@1m', '@1h')
  if (inputs.includes('partnerClose')) return sparkline(id.replace('BTC/USDT', 'SLV/USD'), pairValues(id).slice(-wide))
  return sparkline(id, [...kernelValues(id, '1h', demoBars())].slice(-wide))
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const number = (value: number): string => (Number.isFinite(value) ? String(value) : value > 0 ? '∞' : '-∞')

function rangeOf({ min, max }: CatalogueEntry['range']): string {
  if (min === -Infinity && max === Infinity) return 'any'
  return min === Number.MIN_VALUE ? `0 < x ≤ ${number(max)}` : `${number(min)} … ${number(max)}`
}

function row(entry: CatalogueEntry): string {
  const { name, example, summary, formula, source, inputs, warmUp, range, unit, cost, flatWhen } = entry
  const flat = flatWhen === undefined ? '' : `; no value when ${flatWhen}`
  const cells = [
    `![${name}](${pictureOf(name)})`,
    `\`${example}\``,
    `${summary}${flat}`,
    `${formula}${source === undefined ? '' : `<br>*${source}*`}`,
    inputs.join(', '),
    warmUp.first === warmUp.settled ? String(warmUp.first) : `${warmUp.first} / ${warmUp.settled}`,
    rangeOf(range),
    unit,
    cost,
  ]
  return `| ${cells.map(cell).join(' | ')} |`
}

/** Functions of expressions, as they are called. */
const functionForms = [...operations]
  .filter(([name]) => /^[a-z]/.test(name) && !(name in infix) && name !== 'not' && name !== 'negative')
  .map(([name, operation]) => `\`${functionForm(name, operation)}\``)
  .join(', ')

const expressionsSection = `## Expressions
Wherever an id stands, an expression over the catalogue may stand, with one timeframe at its end: \`zscore(rsi(14),96)@1m\`, \`(close-sma(20))/atr(14)@1m\`, \`lag(rsi(14),3)@1m\`,
\`rsi(14)>70 and close>sma(20)@1h\`. It is one streaming step like any feature of the catalogue: same warm-up, snapshots, digest.

- **Operators**, weakest first: \`or\`, \`and\`, \`not\`, \`< <= > >=\` (not chained), \`+ -\`, \`* /\`, the minus sign. A comparison is a condition: 1 or 0 as a value and in functions of a series, so that
  \`mean(rsi(14)>70,50)\` is a share of bars; in arithmetic it is refused, \`if(c,1,0)\` makes a number of it.
- **Functions**: ${functionForms}. Those with n run over the last n bars with this one, k is a number of bars before; std is that of the population; rank is the share of the other values that are lower,
  equal ones half; \`if\` needs a value only of the branch that it takes. \`ema(20)\` is the feature, \`ema(x,20)\` the function: the number of arguments decides, for \`rank\` too.
- **No value** in, no value out: a window with a bar that has none has none, nor has a result that is not finite (x/0), nor a z-score whose deviation is rounding of the mean; \`ema(x,n)\` passes over bars that have
  none. The status is then \`flat\`.
- **Warm-up** adds up: first and settled bars of the operands, then those of the function. What differs by 1e-9 in an operand may differ by more behind a division, and tips a comparison when it is that close.
- **Written one way**: without spaces but around words, without needless parentheses or zeros; the refusal of any other form says it, and points at what is wrong with a caret. At most 200 characters, parentheses 32
  deep, 32,768 remembered numbers, one other symbol; with one, everything in the expression is computed on the bars that both have.
- Its digest covers its text and the digests of the features in it: a new version of \`rsi\` moves every expression that uses it.

## Declared sets
A file \`features/NAME.yaml\` (folder: setting \`features.dir\`) declares a set that is kept up to date like those of models. Its features have names and may use each other in any order; spaces are free:

\`\`\`yaml
timeframe: 1m
symbols: [BTC/USDT, "*/EUR"] # default: all
window: 1 # rows of a vector
max_age: 90s # default and most: one bar and 60 s
gaps: { flat: 3 } # at most 3 missing bars in a row count as empty ones; default restart: a gap begins a new run
features:
  rsi14: { value: rsi(14), lag: 3 } # and rsi14_lag1 to rsi14_lag3
  rsi_z: zscore(rsi14, 96)
  stretched: rsi_z > 2 and close > sma(20)
  stretch: { value: (close - sma(20)) / atr(14), range: [-20, 20] } # outside of it: quarantined; null where there is no end
  slow: rsi(14)@1h # a longer timeframe; without one, that of the set
\`\`\`

**Gaps.** A minute without trades is an empty bar that the feed sends; a minute that was never received is missing. With \`gaps: restart\` what rests on a missing bar warms up again. With \`gaps: { flat: N }\` the bar that
ends a gap of at most N bars also puts an empty bar (flat at the close before it, no volume, no order flow) in the place of each that is missing; a longer gap begins a new run. Within the gap nothing changes: the last
bar is served until it is too old, then the values are \`missing\`; no row is ever read as of a bar that was not received, live or in training. A late bar takes the place of its empty one, and everything after it is
computed again. \`empty_share\` counts empty bars, \`gap_count\` the gaps that were filled; longer timeframes are made of the filled bars. The policy is part of the digest; a model that was trained with one says so in its manifest (\`inputs.gaps\`).
States of such sets are not kept across restarts: they are computed again from the bars that are stored.

\`presage features check FILE\` prints what it resolves to, or every problem with line, column, caret and suggestion; with one the server does not start. \`GET /features\` lists the sets, \`GET
/features/BTC%2FUSDT?set=NAME\` reads one, \`presage features export --set NAME|FILE\` writes training rows with it. Columns are the written-out ids, so a model's manifest needs no set file.

## Modules of one's own
What no expression can say, a file in JavaScript or TypeScript can: it exports a feature in the form of the catalogue's own definitions, a pure step with its parameters, inputs, warm-up and range.
[examples/features/efficiency.ts](../examples/features/efficiency.ts) is one; its type comes from \`presage/feature\`. The setting \`features.modulePaths\` lists files, or folders of such files (not those below);
ids, expressions and sets then use \`efficiency(30)\` like any other name.

- **Trusted.** A module runs in the server's process, as its user, with all that it may do, and a step that never ends stops the server: list only what you would put into the server yourself. What a link leads to
  must be listed too.
- **One file.** It may import types, nothing else, so that its hash covers all of its code. The hash is part of every digest that rests on it and of the names of saved states: after an edit a model
  that was trained before is refused, and features warm up anew. Node runs TypeScript whose types can be erased.
- **Refused at the start**, all at once and with what to do: an unknown field or input, a name that the catalogue has, a function that throws, promises or gives the wrong thing, no value where the warm-up says that
  there is one, a value outside of the range, a kernel made of itself; and what the [proofs](feature-evidence.md#proofs) find: chance, memory outside of the state, a look at later bars or at the clock, fields that are no inputs,
  a warm-up that is too short. Proofs are run on synthetic bars: what they do not reach they do not see.
- **While it serves**, a step that throws, promises its value, or gives what is not finite, has no value on that bar (\`flat\`); the first time is logged and counted (\`presage_feature_module_faults_total\`).
- \`presage features check --modules PATHS\` checks modules, and sets that use them; \`list\`, \`export\`, \`diff\` and \`presage models check\` know those of the settings.
`

const rangesSection = `## Ranges
Every value is held to its range when it is computed: that of the catalogue below, that which follows from the parts of an expression (interval arithmetic), and that which a declared set adds. A value outside of it, but for
rounding (1e-9 of the limit, or 1e-9 where the limit is below 1), or one that is not finite, is \`quarantined\`: it is not served, \`GET /features/{symbol}\` and the error of a prediction say what was computed and what
it should be, an expression that rests on it is quarantined as well, and \`presage_feature_values_quarantined_total{feature}\` counts it. The range of a declared set is part of its digest.
`

function featuresPage(): string {
  const entries = catalogueEntries()
  return `# Features

A feature is written \`name(parameters)@timeframe\`, parameters always there: \`rsi(14)@1m\`, \`macd(12,26,9)@1h\`. Features of the calendar have no timeframe: \`tod_sin\`. Features of two symbols name the other
one first: \`beta(BTC/USDT,60)@1m\`; they are aligned on close time, and \`partner-missing\` until both bars are there. A longer timeframe than that
of the set is aggregated from its bars. \`price\`, \`volume\`, \`rsi\` and \`macd\` are understood in requests as \`close\`, \`volume\`, \`rsi(14)\` and \`macd(12,26,9)\` on the model's timeframe.

Every feature is a pure step: backfill, replay and live bars go through the same code and agree bit for bit; its state can be saved and resumed anywhere. A value is a finite number or is not
there, with the reason: \`warming\`, \`stale\`, \`missing\`, \`partner-missing\`, \`flat\`, \`quarantined\`. It is never NaN and never a silent zero.

${rangesSection}
${expressionsSection}
## Catalogue
- **Notation**: O, H, L, C, V of a closed bar; x[k] is x k bars before; TP = (H + L + C) / 3; TR is Wilder's true range; r = ln(C / C[1]). mean, sum, sd (of the population), min, max(x, n) run over the
  last n bars with this one; ema(x, n) has the weight 2/(n+1), wilder(x, n) the weight 1/n, both seeded with the mean of their first n values; wma weighs 1 to n.
- **Warm-up**: bars until the first value / until it is settled, if that is later: the weight of the seed is then below 1e-9. Only settled values are served. Figures are for the parameters shown, on 1m.
- **Order flow**: features of trades and order books rest on what is kept of a minute with its bar: volume that takers bought and sold, number of trades, the last book before the close with the sizes of its best 1, 5, 10
  and 20 levels, its imbalance and mean spread. A longer bar sums or averages its minutes and has the last book. A bar of which the number was not observed makes every window that it is in \`missing\`; trades count as observed
  only if they add up to the volume of the bar within 1 %. Funding rates come in by \`POST /market/funding\` or \`presage ingest funding\`, each with the moment from which it was known: a bar has the newest that was known before
  its close, until that one's payment is past; the rate of a moment cannot be replaced by the one that was settled later. No exchange of the pictures' bars published order flow: their pictures show one made up of the bars.
- **Bars of trades**: the setting \`market.barsFromTrades\` (\`[{symbols: BTC/USDT}]\`) makes the 1m bars of symbols of which only trades come in; longer bars and features go on as with any bar. A bar is made with the first trade
  of a later minute, or two seconds after its end by the clock (not with \`clock: replay\`), and made again, as a revision, for a trade that comes before the minute after it is over too; later ones are counted as late and change nothing.
  A minute without a trade is \`empty\` (flat, volume 0), but only \`market.silenceMs\` (5 minutes) long after the last one: minutes behind that are missing, as the feed may be down, and features warm up again. The first minute of
  all is left out, since trades before it may not have been sent; after a restart, send trades from the minute before the last bar again. What is never sent is in no bar. The same trades make the same bars bit for bit, live, in pieces or from a file.
- **Cost** of one bar: O(1), or O(n) in the length of the window.
- **Pictures**: the last ${wide} hours of URTH/USD in \`@typedtrader/candles\`, each on its own scale; a thin line is zero. Those of two symbols: MSFT with SLV, hours of January 2026.
- Held to TA-Lib where it is named, else the definition in 60 digits, on real bars, with the same first bar, to 1e-12 of the feature's size (Bollinger bands against TA-Lib 1e-11, whose variance loses digits).
  TA-Lib writes 0 where a formula divides by nothing; here there is no value.

| last ${wide} bars | feature | what it is | formula | inputs | warm-up | range | unit | cost |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${entries.map(row).join('\n')}

${entries.length} families. This page and its pictures are made from \`src/features/catalog/\` by \`node bin/docs.js\`; a test compares them. [How to add one](../src/features/catalog/README.md).
`
}

/** The page of the catalogue, and a picture of every feature on real bars. */
export const featurePages: readonly Page[] = [
  { file: 'docs/features.md', render: featuresPage },
  ...catalogueEntries().map((entry) => ({ file: `docs/${pictureOf(entry.name)}`, render: () => picture(entry) })),
]
