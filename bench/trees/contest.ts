import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseLightGbm } from '../../src/trees/lightgbm.ts'
import { median } from '../support/report.ts'
import { checkContributions, checkScores } from './check-answers.ts'
import { Contestant, type SingleFigures } from './contestant.ts'
import type { ContestModel } from './models.ts'
import { buildLightGbm, buildNestedIfs, filesOf, python } from './workshop.ts'

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** Who takes part; `onnxruntime` where ONNX can say the model. */
export type Party = 'lightgbm' | 'onnxruntime' | 'ifs' | 'presage'
/** What one party did on one model, each figure the median of the rounds: ns of single rows and of a row's contributions, rows per second by batch size. */
export type Score = {
  readonly name: string
  readonly single: SingleFigures
  readonly batch: ReadonlyMap<number, number>
  readonly explainNs: number | undefined
}
/** What all parties did on one model. */
export type Result = { readonly model: ContestModel; readonly scores: ReadonlyMap<Party, Score> }

type Round = { readonly single: SingleFigures; readonly batch: ReadonlyMap<number, number>; readonly explainNs: number | undefined }

/** The two that the goals speak of: they alone play what takes seconds a round, or what the others cannot do. */
const measured = (party: Party): boolean => party === 'lightgbm' || party === 'presage'
const manyRows = 100_000
const timedMs = { single: 120, batch: 120, explain: 200 }
/** Float32 sums of hundreds of leaves. */
const float32Tolerance = 2e-6
const contributionTolerance = 1e-12

async function startAll(model: ContestModel): Promise<Map<Party, Contestant>> {
  const { text, rows } = filesOf(model)
  const words = [text, rows, String(model.features)]
  const parties = new Map<Party, Contestant>()
  parties.set('lightgbm', await Contestant.start(buildLightGbm(), words))
  if (!model.categorical) parties.set('onnxruntime', await Contestant.start(python, [pathOf('contestants/onnxruntime_trees.py'), ...words]))
  parties.set('ifs', await Contestant.start(buildNestedIfs(parseLightGbm(readFileSync(text, 'utf8'))), words))
  parties.set('presage', await Contestant.start(process.execPath, [pathOf('contestants/presage.ts'), ...words]))
  return parties
}

async function checkAll(parties: ReadonlyMap<Party, Contestant>, model: ContestModel): Promise<void> {
  for (const [party, contestant] of parties) await checkScores(contestant, model, party === 'onnxruntime' ? float32Tolerance : 0)
  await checkContributions(parties.get('presage')!, parties.get('lightgbm')!, contributionTolerance)
}

/** One round: every measurement goes round all parties before the next begins, so that they meet the same state of the machine. */
async function playRound(order: readonly [Party, Contestant][], model: ContestModel): Promise<Map<Party, Round>> {
  const single = new Map<Party, SingleFigures>()
  const batch = new Map<Party, Map<number, number>>(order.map(([party]) => [party, new Map()]))
  const explain = new Map<Party, number>()
  for (const [party, contestant] of order) single.set(party, await contestant.single(timedMs.single))
  for (const rows of model.batches)
    for (const [party, contestant] of order.filter(([party]) => rows < manyRows || measured(party)))
      batch.get(party)!.set(rows, await contestant.batch(rows, timedMs.batch))
  for (const [party, contestant] of order.filter(([party]) => measured(party))) explain.set(party, await contestant.explain(timedMs.explain))
  return new Map(order.map(([party]) => [party, { single: single.get(party)!, batch: batch.get(party)!, explainNs: explain.get(party) }]))
}

function scoreOf(name: string, rounds: readonly Round[]): Score {
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick))
  return {
    name,
    single: {
      mean: of(({ single }) => single.mean),
      p50: of(({ single }) => single.p50),
      p99: of(({ single }) => single.p99),
      calls: of(({ single }) => single.calls),
    },
    batch: new Map([...rounds[0]!.batch.keys()].map((rows) => [rows, of(({ batch }) => batch.get(rows)!)])),
    explainNs: rounds[0]?.explainNs === undefined ? undefined : of(({ explainNs }) => explainNs!),
  }
}

/** Lets all parties play on one model: answers checked first, one round to warm up, then `rounds` that count; `said` gets a line a round. */
export async function contest(model: ContestModel, rounds: number, said: (line: string) => void): Promise<Result> {
  const parties = await startAll(model)
  try {
    await checkAll(parties, model)
    const played: Map<Party, Round>[] = []
    for (let round = 0; round <= rounds; round++) {
      const order = [...parties]
      const turned = [...order.slice(round % order.length), ...order.slice(0, round % order.length)]
      const figures = await playRound(turned, model)
      if (round === 0) continue
      played.push(figures)
      const [ours, theirs] = [figures.get('presage')!.single.mean, figures.get('lightgbm')!.single.mean]
      said(`${model.name}, round ${round} of ${rounds}: one row ${(theirs / ours).toFixed(1)}x LightGBM`)
    }
    return {
      model,
      scores: new Map(
        [...parties].map(([party, { name }]) => [
          party,
          scoreOf(
            name,
            played.map((figures) => figures.get(party)!),
          ),
        ]),
      ),
    }
  } finally {
    for (const contestant of parties.values()) contestant.stop()
  }
}
