import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release, type as system } from 'node:os'
import { python } from './workshop.ts'

/** What the figures were taken on, in one sentence: processor, cores, versions, and how busy the machine was. */
export function describeMachine(): string {
  const versions = 'import lightgbm, onnxruntime; print(f"LightGBM {lightgbm.__version__}, onnxruntime {onnxruntime.__version__}")'
  const libraries = execFileSync(python, ['-c', versions], { encoding: 'utf8' }).trim()
  const compiler = execFileSync('gcc', ['-dumpfullversion'], { encoding: 'utf8' }).trim()
  const load = loadavg()[0]!.toFixed(1)
  return `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${system()} ${release().split('-')[0]}, Node ${process.versions.node}, ${libraries}, gcc ${compiler}; load average at the start ${load}`
}
