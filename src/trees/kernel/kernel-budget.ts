import { ensembleBytes, type Ensemble } from '../ensemble.ts'

const mebibyte = 1 << 20

/**
 * The most memory that a kernel of an ensemble may take: so many MiB, and no more than a share of the ensemble. A small file must not be able to ask for much, be it by categories (32 of them are a word
 * in the file, and nodes may share them), by trees that fill few of the leaves they are given, by inputs or outputs that no tree uses.
 */
export function kernelBudget(ensemble: Ensemble, { mebibytes, timesEnsemble }: { readonly mebibytes: number; readonly timesEnsemble: number }): number {
  return Math.min(mebibytes * mebibyte, Math.max(mebibyte, timesEnsemble * ensembleBytes(ensemble)))
}
