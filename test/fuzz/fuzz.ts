import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { formats } from './formats.ts'
import { mutantOf } from './mutate.ts'
import { watchedFuzz, type FuzzReport } from './watched-fuzz.ts'

const help = `npm run fuzz [-- --format lightgbm --seed 0 --cases 1000000 --save FILE]

Changes real model files at random and reads them, each case in a process that is watched: a file is refused with an error that says where, or answers as the interpreter does,
within a second and 20 times its size. A failure comes with its seed: --seed N --cases 1 runs it again, --save FILE writes the file.`

const { values } = parseArgs({
  options: {
    format: { type: 'string' },
    seed: { type: 'string', default: '0' },
    cases: { type: 'string', default: '100000' },
    save: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const count = ({ verdicts, failures }: FuzzReport): number => verdicts.refused + verdicts.accepted + verdicts.compiled + failures.length

function progress(format: string, cases: number): (report: FuzzReport) => void {
  const began = performance.now()
  let told = began
  return (report) => {
    if (performance.now() - told < 5000) return
    told = performance.now()
    const done = count(report)
    console.log(`${format}: ${done} of ${cases}, ${Math.round((done * 1000) / (told - began))} a second, ${report.failures.length} failures`)
  }
}

async function fuzzFormat(name: string, seed: number, cases: number): Promise<number> {
  const report = await watchedFuzz({ list: new URL('formats.ts', import.meta.url), format: name, seed, cases, onCase: progress(name, cases) })
  const { verdicts, costliest, failures } = report
  console.log(`${name}: ${verdicts.refused} refused, ${verdicts.accepted} accepted, ${verdicts.compiled} accepted, compiled and compared`)
  for (const [what, { seed: of, value }] of Object.entries(costliest)) console.log(`  most ${what}: ${Math.round(value)} (seed ${of})`)
  for (const failure of failures) console.log(`FAILED --format ${name} --seed ${failure.seed} --cases 1: ${failure.message}`)
  return failures.length
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(help)
    return 0
  }
  const chosen = formats.filter(({ name }) => values.format === undefined || name === values.format)
  if (chosen.length === 0) throw new Error(`no format "${values.format}"; there are ${formats.map(({ name }) => name).join(', ')}`)
  let failures = 0
  for (const { name, seeds, mutations } of chosen) {
    if (values.save !== undefined) writeFileSync(values.save, mutantOf({ seeds: seeds(), mutations }, Number(values.seed)))
    failures += await fuzzFormat(name, Number(values.seed), Number(values.cases))
  }
  return failures
}

process.exitCode = (await main()) === 0 ? 0 : 1
