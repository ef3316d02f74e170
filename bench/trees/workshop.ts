import { execFileSync, spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Ensemble } from '../../src/trees/ensemble.ts'
import type { ContestModel } from './models.ts'
import { nestedIfs } from './nested-ifs.ts'

/** Something that this machine lacks; the message says what to install. */
export class MissingTool extends Error {}

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
/** Where models and what is compiled are kept between runs; git ignores it. */
export const folder = pathOf('../../var/bench/trees/')
/** The Python of the project. */
export const python = pathOf('../../.venv/bin/python')
/** Files of a model: its text, its rows, LightGBM's raw scores of them. */
export const filesOf = ({ name }: ContestModel) => ({ text: `${folder}${name}.txt`, rows: `${folder}${name}.rows.f64`, raw: `${folder}${name}.raw.f64` })
const native = (file: string): string => pathOf(`native/${file}`)

/** Throws MissingTool unless gcc and the Python environment are there. */
export function checkTools(): void {
  if (spawnSync('gcc', ['--version'], { stdio: 'ignore' }).error) throw new MissingTool('gcc is not there: install it (Debian: apt-get install gcc libc6-dev)')
  const { status, error } = spawnSync(python, ['-c', 'import lightgbm, onnx, onnxruntime'], { stdio: 'ignore' })
  if (error || status !== 0)
    throw new MissingTool('no Python with lightgbm, onnx and onnxruntime: python3 -m venv .venv && .venv/bin/pip install -r python/requirements-ci.txt')
}

/** Trains what is not there yet: minutes, once. */
export function train(models: readonly ContestModel[]): void {
  mkdirSync(folder, { recursive: true })
  execFileSync(python, [pathOf('train.py'), folder, JSON.stringify(models)], { stdio: ['ignore', 'inherit', 'inherit'] })
}

function gcc(words: readonly string[]): void {
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', ...words], { stdio: ['ignore', 'inherit', 'inherit'] })
}

/** The LightGBM contestant's program: linked with the library that the Python package brings. */
export function buildLightGbm(): string {
  const program = `${folder}lightgbm`
  const script = 'import lightgbm, pathlib; print(pathlib.Path(lightgbm.__file__).parent / "lib")'
  const library = execFileSync(python, ['-c', script], { encoding: 'utf8' }).trim()
  gcc([native('contestant.c'), native('lightgbm.c'), `${library}/lib_lightgbm.so`, `-Wl,-rpath,${library}`, '-o', program])
  return program
}

/** The program that is a model: compiled once and kept under the digest of its code. */
export function buildNestedIfs(ensemble: Ensemble): string {
  const sources = [readFileSync(native('contestant.c'), 'utf8'), readFileSync(native('nested-ifs.c'), 'utf8'), ...nestedIfs(ensemble)]
  const stem = `${folder}ifs-${hash('sha256', sources.join('\n')).slice(0, 16)}`
  if (existsSync(stem)) return stem
  const parts = sources.slice(2).map((text, i) => {
    writeFileSync(`${stem}-${i}.c`, text)
    return `${stem}-${i}.c`
  })
  gcc([native('contestant.c'), native('nested-ifs.c'), ...parts, '-lm', '-o', stem])
  return stem
}
