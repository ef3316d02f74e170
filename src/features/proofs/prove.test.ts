import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { catalogueEntries } from '../catalogue.ts'
import { defineFeature } from '../definition.ts'
import type { Kernel, StepInput } from '../kernels/kernel.ts'
import { FeatureProofs } from './feature-proofs.ts'
import { proveFeature, type ProofSubject } from './prove.ts'

const kernelOf = (step: Kernel['step'], size = 1): Kernel => ({ size, outputs: 1, step })
const subject = (kernel: () => Kernel, settled = 1): ProofSubject => {
  return {
    id: 'planted@1m',
    digest: 'planted',
    timeframe: '1m',
    kernel,
    output: 0,
    warmUp: { first: 1, settled },
    restsOn: [{ family: { inputs: ['close'] } }],
  }
}
const prove = (planted: ProofSubject): readonly string[] => {
  const steps = proveFeature(planted)
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}
const refuses = (planted: ProofSubject, message: RegExp) => assert.throws(() => prove(planted), { code: 'feature_contract_mismatch', message })
/** An average that remembers its seed for ever, the less the older. */
const slow = (weight: number) => () =>
  kernelOf((state, { close, run }, out) => {
    state[0] = run === 1 ? close : (state[0] as number) + weight * (close - (state[0] as number))
    out[0] = state[0]
  })

describe('a proof', () => {
  test('holds for every feature of the catalogue', () => {
    for (const { example, name } of catalogueEntries()) if (name !== 'rvol_tod') assert.equal(prove(defineFeature(example, '1m')).length, 4, example)
  })

  test('leaves out the warm-up of a feature that needs months', () => {
    assert.deepEqual(prove({ ...subject(slow(0.1)), warmUp: { first: 1, settled: 1e6 } }), ['determinism', 'look-ahead', 'inputs'])
  })

  test('refuses a kernel that knows bars which come later', () => {
    const seen = new Map<number, number>()
    const peek = ({ index, close }: StepInput): number => {
      seen.set(index, close)
      return seen.get(index + 1) ?? close
    }
    refuses(
      subject(() => kernelOf((_state, input, out) => void (out[0] = peek(input)))),
      /planted@1m fails the proof of look-ahead: its value at bar \d+ moves with bars that come later/,
    )
  })

  test('refuses a warm-up that is too short, and takes the one that is long enough', () => {
    refuses(subject(slow(0.1), 20), /fails the proof of warm-up: after 20 bars .* settled after 20/)
    assert.equal(prove(subject(slow(0.1), 220)).length, 4)
  })

  test('refuses chance, and a kernel that remembers outside its state', () => {
    let tick = 0
    refuses(
      subject(() => kernelOf((_state, _input, out) => void (out[0] = tick++))),
      /fails the proof of determinism/,
    )
    const hidden = (): Kernel => {
      let sum = 0
      return kernelOf((_state, { close }, out) => void (out[0] = sum += close))
    }
    refuses(subject(hidden), /determinism: .* all that it remembers must be in its state/)
  })

  test('refuses a kernel that asks what time it is, in whatever way', () => {
    for (const asked of [() => new Date().getFullYear(), () => Math.floor(Date.now() / 1e10), () => Math.floor(performance.now() / 1e9)])
      refuses(
        subject(() => kernelOf((_state, { close }, out) => void (out[0] = close + asked()))),
        /determinism: .* the bars alone say what time it is/,
      )
    assert.ok(Math.abs(Date.now() - new Date().getTime()) < 1_000 && performance.now() < 1e9)
  })

  test('refuses a kernel that reads a field which is not among its inputs', () => {
    refuses(
      subject(() => kernelOf((_state, { close, volume }, out) => void (out[0] = volume > 0 ? close : 1))),
      /planted@1m fails the proof of inputs: bar \d+ gives .*, and 1 when it sees only its inputs/,
    )
  })
})

describe('certificates', () => {
  const clock = { now: () => 1_700_000_000_000, monotonic: () => 0 }

  test('are kept for a version of the code, across restarts and damaged files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'proofs-'))
    const file = join(folder, 'proofs.json')
    const made: number[] = []
    const counted = { ...subject(() => (made.push(1), slow(1)())), digest: 'd1' }
    const open = (codeVersion = '1') => new FeatureProofs({ clock, codeVersion, file })
    await open().prove([counted])
    const once = made.length
    const again = open()
    await again.prove([counted])
    assert.equal(made.length, once)
    assert.deepEqual(again.certificate('d1'), { digest: 'd1', proven: ['determinism', 'look-ahead', 'inputs', 'warm-up'], at: clock.now(), codeVersion: '1' })
    await open('2').prove([counted])
    assert.equal(made.length, 2 * once)
    writeFileSync(file, readFileSync(file, 'utf8').slice(3))
    assert.equal(open('2').certificate('d1'), undefined)
    rmSync(folder, { recursive: true })
  })

  test('are made once when two ask at the same time, and never for what fails', async () => {
    const made: number[] = []
    const proofs = new FeatureProofs({ clock, codeVersion: '1' })
    const counted = subject(() => (made.push(1), slow(1)()))
    await proofs.prove([counted])
    const once = made.length
    const both = new FeatureProofs({ clock, codeVersion: '1' })
    await Promise.all([both.prove([counted]), both.prove([counted])])
    assert.equal(made.length, 2 * once)
    const wrong = { ...subject(slow(0.1), 20), digest: 'wrong' }
    await assert.rejects(proofs.prove([counted, wrong]), { code: 'feature_contract_mismatch', message: /planted@1m/ })
    assert.equal(proofs.certificate('wrong'), undefined)
  })
})
