import type { Party, Result } from './contest.ts'
import { beside, goalsOf, loadGoalsMs, memoryGoal, swapGoal } from './goals.ts'
import type { ResidentFigures } from './load/resident.ts'
import type { ServiceSwapFigures } from './load/service-swaps.ts'
import type { SwapFigures } from './load/swaps.ts'

/** One table of the report, for the terminal and for the page alike. */
export type Table = { readonly title: string; readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }

const us = (ns: number): string => (ns / 1e3 >= 100 ? (ns / 1e3).toFixed(0) : (ns / 1e3).toFixed(ns / 1e3 >= 10 ? 1 : 2))
const times = (ours: number, theirs: number | undefined): string => (theirs === undefined ? '' : `${(ours / theirs).toFixed(1)}x`)
const thousands = (perSecond: number): string => (perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M` : `${(perSecond / 1e3).toFixed(1)} k`)
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MB`
const missed = (isMissed: boolean): string => (isMissed ? ' (missed)' : '')

/** Single rows: how many times faster than each other party, and the latencies behind it. */
export function singleTable(results: readonly Result[]): Table {
  const rows = results.map(({ model, scores }) => {
    const of = (party: Party) => scores.get(party)?.single
    const [ours, lightgbm] = [of('presage')!, of('lightgbm')!]
    const over = (party: Party): string => (of(party) === undefined ? '' : times(of(party)!.mean, ours.mean))
    const latencies = [lightgbm, ours].map(({ p50, p99 }) => `${us(p50)} / ${us(p99)}`)
    const figures = [us(lightgbm.mean), us(ours.mean), ...latencies]
    return [model.name, scores.get('presage')!.name, beside(lightgbm.mean / ours.mean, goalsOf(model).single), over('onnxruntime'), over('ifs'), ...figures]
  })
  const header = [
    'model',
    'evaluator',
    'x LightGBM C',
    'x onnxruntime',
    'x nested ifs',
    'LightGBM µs',
    'Presage µs',
    'LightGBM p50 / p99 µs',
    'Presage p50 / p99 µs',
  ]
  return { title: 'One row', header, rows }
}

const judged = 4096

/** Batches by size, one thread: multiples of LightGBM's rate, and at 4,096 rows of the others'. */
export function batchTable(results: readonly Result[]): Table {
  const sizes = [...new Set(results.flatMap(({ model }) => model.batches))]
  const rows = results.map(({ model, scores }) => {
    const rate = (party: Party, size: number): number | undefined => scores.get(party)?.batch.get(size)
    const over = (party: Party, size: number): string => (rate('presage', size) === undefined ? '' : times(rate('presage', size)!, rate(party, size)))
    const cell = (size: number): string =>
      size === judged ? beside(rate('presage', size)! / rate('lightgbm', size)!, goalsOf(model).batch) : over('lightgbm', size)
    const rates = [thousands(rate('lightgbm', judged)!), thousands(rate('presage', judged)!)]
    return [model.name, ...sizes.map(cell), over('onnxruntime', judged), over('ifs', judged), ...rates]
  })
  const header = ['model', ...sizes.map((size) => `${size.toLocaleString('en')} rows`), 'x onnxruntime', 'x nested ifs', 'LightGBM rows/s', 'Presage rows/s']
  return { title: 'Batches (multiples of LightGBM C on one thread; the last columns at 4,096 rows)', header, rows }
}

/** Explanations of single rows. */
export function explainTable(results: readonly Result[]): Table {
  const rows = results.map(({ model, scores }) => {
    const [ours, lightgbm] = [scores.get('presage')!.explainNs!, scores.get('lightgbm')!.explainNs!]
    return [model.name, beside(lightgbm / ours, goalsOf(model).explain), us(lightgbm), us(ours)]
  })
  return { title: 'SHAP contributions of one row', header: ['model', 'x LightGBM C', 'LightGBM µs', 'Presage µs'], rows }
}

/** Loads in a fresh thread, and the first calls after the swap: with rows made of thresholds before it, no golden rows. */
export function loadTable(loads: ReadonlyMap<string, SwapFigures>): Table {
  const rows = [...loads].map(([name, { parse, quantise, compile, warm, total, firstP99, steadyP99 }]) => {
    const goal = loadGoalsMs[name]
    const whole = `${total.toFixed(0)}${goal === undefined ? '' : ` (goal ${goal}${total > goal ? ', missed' : ''})`}`
    const phases = [parse, quantise, compile - quantise, warm].map((ms) => ms.toFixed(0))
    return [
      name,
      ...phases,
      whole,
      firstP99.toFixed(1),
      steadyP99.toFixed(1),
      `${(firstP99 / steadyP99).toFixed(1)}x${missed(firstP99 > swapGoal * steadyP99)}`,
    ]
  })
  const header = ['model', 'parse ms', 'quantise ms', 'build ms', 'warm ms', 'all ms', 'p99 of first 100 µs', 'p99 later µs', 'ratio (goal 2x)']
  return { title: 'Load, off the event loop', header, rows }
}

/** Swaps between two versions under the model service: loaded, proven on golden rows, then called. */
export function swapTable(swaps: ReadonlyMap<string, ServiceSwapFigures>): Table {
  const rows = [...swaps].map(([name, { swaps: count, firstP99, steadyP99, ratio }]) => [
    name,
    String(count),
    firstP99.toFixed(1),
    steadyP99.toFixed(1),
    `${ratio.toFixed(1)}x${missed(ratio > swapGoal)}`,
  ])
  return { title: 'Swaps in the server', header: ['model', 'swaps', 'p99 of first 100 µs', 'p99 later µs', 'median ratio (goal 2x)'], rows }
}

/** Memory of many models at once. */
export function memoryTable(memory: ReadonlyMap<string, ResidentFigures>): Table {
  const rows = [...memory].map(([name, { models, reported, resident, buffers }]) => {
    const off = resident / reported - 1
    return [
      `${models} like ${name}`,
      megabytes(reported),
      megabytes(resident),
      megabytes(buffers),
      `${(off * 100).toFixed(0)} %${missed(Math.abs(off) > memoryGoal)}`,
    ]
  })
  return { title: 'Memory per model', header: ['models', 'reported', 'resident set grew by', 'buffers grew by', 'off by (goal 30 %)'], rows }
}
