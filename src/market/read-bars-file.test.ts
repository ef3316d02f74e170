import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { parseBarTime } from './bar-time.ts'
import type { BarInput } from './check-bar.ts'
import { demoBars } from './demo-bars.ts'
import { parseBars, readBarsFile } from './read-bars-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'bars-'))
after(() => rmSync(folder, { recursive: true }))

async function* pieces(text: string, size = 7): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += size) yield text.slice(from, from + size)
}
async function parse(text: string, size?: number): Promise<BarInput[]> {
  return Array.fromAsync(parseBars(pieces(text, size), 'bars'))
}

const openTime = Date.UTC(2024, 0, 1)
const bar = { openTime, open: 1.5, high: 2, low: 1, close: 1.75, volume: 10 }
const numbers = '1.5,2,1,1.75,10'

describe('spellings of a file', () => {
  const texts: Readonly<Record<string, string>> = {
    'the usual header, ms': `open_time,open,high,low,close,volume\n${openTime},${numbers}\n`,
    'short names, seconds, Windows line ends': `t,o,h,l,c,v\r\n${openTime / 1000},${numbers}\r\n`,
    'microseconds and other columns between': `Symbol,Timestamp,Open,High,Low,Close,Volume BTC,Volume\nX,${openTime * 1000},1.5,2,1,1.75,99,10\n`,
    'a date with a zone': `date,open,high,low,close,volume\n2024-01-01T01:00:00+01:00,${numbers}\n`,
    'a date without a zone is UTC': `Date,Open,High,Low,Close,Volume\n2024-01-01 00:00:00,${numbers}\n`,
    'a day': `date,open,high,low,close,volume\n2024-01-01,${numbers}\n`,
    'semicolons and quotes': `"open_time";"open";"high";"low";"close";"volume"\n"${openTime}";"1.5";"2";"1";"1.75";"10"\n`,
    tabs: `time\topen\thigh\tlow\tclose\tvolume\n${openTime}\t1.5\t2\t1\t1.75\t10\n`,
    'no header, as exchanges dump candles': `${openTime},${numbers},${openTime + 59_999},17.5,3,5,8,0\n`,
    'a byte order mark, comments and empty lines': `\uFEFF# bars\n\nopen_time,open,high,low,close,volume\n\n${openTime},${numbers}\n\n`,
    'no line end at the end': `open_time,open,high,low,close,volume\n${openTime},${numbers}`,
    'a separator at the end of lines': `open_time,open,high,low,close,volume\n${openTime},${numbers},\n`,
    'a date in words beside the time': `date,time,open,high,low,close,volume\n2024-01-01,${openTime},${numbers}\n`,
    'JSON arrays with texts for numbers': `[[${openTime}, "1.5", "2", "1", "1.75", "10"]]`,
    'JSON objects': `[\n  {"openTime": ${openTime}, "open": 1.5, "high": 2, "low": 1, "close": 1.75, "volume": 10, "note": "a ] } \\" , text"}\n]`,
    'candles of the demonstration package': `[{"base":"X","close":"1.75","high":"2","low":"1","open":"1.5","openTimeInISO":"2024-01-01T00:00:00.000Z","openTimeInMillis":${openTime},"volume":"10"}]`,
    'JSON lines': `{"t":${openTime},"o":1.5,"h":2,"l":1,"c":1.75,"v":10}\n`,
  }
  for (const [name, text] of Object.entries(texts)) {
    test(name, async () => {
      assert.deepEqual(await parse(text), [bar])
      assert.deepEqual(await parse(text, 1), [bar])
    })
  }

  test('the time at which the writer received a bar is kept', async () => {
    assert.equal(
      (await parse(`open_time,open,high,low,close,volume,received_time\n${openTime},${numbers},${openTime + 60_500}`))[0]?.receivedTime,
      openTime + 60_500,
    )
  })

  test('an empty text has no bars', async () => {
    assert.deepEqual(await parse(''), [])
    assert.deepEqual(await parse('[]'), [])
  })
})

describe('errors name the line', () => {
  const header = 'open_time,open,high,low,close,volume\n'
  const faults: readonly [text: string, message: RegExp][] = [
    [`${header}${openTime},${numbers}\n${openTime},1,x,1,1,1\n`, /bars line 3: high is not a number: "x"/],
    [`${header}${openTime},1,1,1,1\n`, /bars line 2: volume is not a number: undefined/],
    [`${header}yesterday,${numbers}\n`, /bars line 2: the open time is not a moment: "yesterday"/],
    [`${header}2024-02-30T00:00:00Z,${numbers}\n`, /bars line 2: .* is not a moment: "2024-02-30T00:00:00Z"/],
    [`${header}2024-02-30,${numbers}\n`, /bars line 2: .* is not a moment: "2024-02-30"/],
    [`${header}2024-01-01 24:00:00,${numbers}\n`, /bars line 2: .* is not a moment: "2024-01-01 24:00:00"/],
    [`${header}${openTime},1,1,1,1,51,000\n`, /bars line 2: has 7 cells where there are 6 columns: is there a separator within a number\?/],
    [`${openTime},1,1,1,1,5\n${openTime},1,1,1,1,5,6\n`, /bars line 2: has 7 cells where there are 6 columns/],
    [`open_time,open,high,low,close,Close,volume\n${openTime},1,1,1,1,2,5\n`, /bars line 1: two columns are called close: which one counts\?/],
    [`Date,Time,open,high,low,close,volume\n2024-01-15,10:30,${numbers}\n`, /bars line 2: the time of day stands apart from the date: join the columns/],
    [`<DATE>,<TIME>,open,high,low,close,volume\n2024-01-15,103000,${numbers}\n`, /bars line 2: the time of day stands apart from the date/],
    [`open_time,open,high,low,last\n1,1,1,1,1\n`, /bars line 1: no column for close, volume among open_time, open, high, low, last/],
    [`[[${openTime},1,1,1,1,1],\n[${openTime},1,1,1,null,1]]`, /bars line 2: close is not a number: null/],
    [`[[${openTime},1,1,1,1,1],\n{"a":1}]`, /bars line 2: no column for openTime/],
    [`[[${openTime},1,1,1,1,1],\n[1,2`, /bars after line 1: the text ends inside an element or array, line 2/],
    [`[\n[1 2]]`, /bars after line 0: /],
    [`${header}${openTime},1,1,1,1,1e-400\n`, /bars line 2: volume is not a number: "1e-400"/],
    [`${header}${openTime},1,0x10,1,1,1\n`, /bars line 2: high is not a number: "0x10"/],
    [`[[${openTime},1,1,1,1,1],\n[${openTime},1,1,1,1,1e-400]]`, /bars after line 1: 1e-400 is no number that float64 holds/],
    [`[1]`, /bars line 1: neither an array nor an object/],
  ]
  for (const [text, message] of faults) test(String(message), async () => assert.rejects(parse(text), { code: 'validation_failed', message }))
})

describe('laws', () => {
  const price = fc.double({ min: 1e-8, max: 1e9, noNaN: true })
  const bars = fc.array(
    fc.record({ openTime: fc.integer({ min: 1e11, max: 4e12 }), open: price, high: price, low: price, close: price, volume: price }, { noNullPrototype: true }),
    { maxLength: 20 },
  )
  const size = fc.integer({ min: 1, max: 50 })
  const cells = (input: BarInput) => [input.openTime, input.open, input.high, input.low, input.close, input.volume]

  test('CSV, JSON arrays, JSON objects and JSON lines give back the same doubles, however the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(bars, size, async (inputs, cut) => {
        const csv = ['open_time,open,high,low,close,volume', ...inputs.map((input) => cells(input).join(','))].join('\n')
        const texts = [csv, JSON.stringify(inputs.map(cells)), JSON.stringify(inputs, undefined, 1), inputs.map((input) => JSON.stringify(input)).join('\n')]
        for (const text of texts) assert.deepEqual(await parse(text, cut), inputs)
      }),
      { numRuns: 60 },
    )
  })

  test('no text makes the parser fail with anything but a message', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.json(), fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', '\n', '1', ' ') })),
        size,
        async (text, cut) => {
          await parse(text, cut).catch((error: { code?: string }) => assert.equal(error.code, 'validation_failed'))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a moment is the same in seconds, milliseconds, microseconds, nanoseconds and ISO 8601', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e8, max: 4e9 }), (seconds) => {
        const ms = seconds * 1000
        const spellings = [
          seconds,
          ms,
          ms * 1e3,
          ms * 1e6,
          String(ms),
          new Date(ms).toISOString(),
          new Date(ms).toISOString().replace('T', ' ').replace('.000Z', ''),
        ]
        for (const spelling of spellings) assert.equal(parseBarTime(spelling), ms, String(spelling))
      }),
    )
  })
})

describe('files', () => {
  test('a .gz file reads as the plain one, whatever it is called, and progress is heard', async () => {
    const text = `open_time,open,high,low,close,volume\n${Array.from({ length: 5_000 }, (_, i) => `${openTime + i * 60_000},${numbers}`).join('\n')}\n`
    const [plain, packed] = [join(folder, 'bars.csv'), join(folder, 'packed.csv')]
    writeFileSync(plain, text)
    writeFileSync(packed, gzipSync(text))
    let bytes = 0
    const unpacked = await Array.fromAsync(readBarsFile(packed, (read) => (bytes += read)))
    assert.deepEqual(unpacked, await Array.fromAsync(readBarsFile(plain)))
    assert.equal(unpacked.length, 5_000)
    assert.equal(bytes, gzipSync(text).length)
  })

  test('a damaged .gz file and a file that is not there are errors that name the file', async () => {
    const path = join(folder, 'torn.gz')
    writeFileSync(path, gzipSync('open_time,open\n'.repeat(1_000)).subarray(0, 40))
    await assert.rejects(Array.fromAsync(readBarsFile(path)), { code: 'validation_failed', message: /torn\.gz/ })
    await assert.rejects(Array.fromAsync(readBarsFile(join(folder, 'absent.csv'))), {
      code: 'validation_failed',
      message: /absent\.csv cannot be read: ENOENT/,
    })
  })

  test('a file that is packed otherwise, and a folder, are refused with what to do', async () => {
    const path = join(folder, 'packed.zst')
    for (const [begin, message] of [
      ['28b52ffd04', /packed\.zst is packed by zstd, of which nothing is read: unpack it \(unzstd\), or pack it by gzip/],
      ['504b0304ff', /is packed by zip, .* \(unzip\)/],
    ] as const) {
      writeFileSync(path, Buffer.from(begin, 'hex'))
      await assert.rejects(Array.fromAsync(readBarsFile(path)), { code: 'validation_failed', message })
    }
    await assert.rejects(Array.fromAsync(readBarsFile(folder)), { code: 'validation_failed', message: /is no file/ })
  })

  test('the demonstration has more than 4,000 real bars in order, each once', () => {
    const times = demoBars().map((input) => input.openTime)
    assert.ok(times.length > 4_000)
    assert.ok(times.every((time, i) => i === 0 || time > (times[i - 1] as number)))
  })
})
