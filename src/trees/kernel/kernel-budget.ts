import { ensembleBytes, type Ensemble } from '../ensemble.ts'

const mebibyte = 1 << 20

/**
 * The most memory that a kernel of an ensemble may take: so many MiB, and no more than a share of the ensemble. A small file must not be able to ask for much, be it by categories (32 of them are a word
 * in the file, and nodes may share them), by trees that fill few of the leaves they are given, by inputs or outputs that no tree uses.
 */
export function kernelBudget(ensemble: Ensemble, { mebibytes, timesEnsemble }: { readonly mebibytes: number; readonly timesEnsemble: number }): number {
  return Math.min(mebibytes * mebibyte, Math.max(mebibyte, timesEnsemble * ensembleBytes(ensemble)))
}

/** What each node, and each category of a set, adds to the tables. */
const [tableBytesOfNode, tableBytesOfCategory] = [48, 8]

/** The categories of all sets. */
function categoryCount({ categoryWords }: Ensemble): number {
  let count = 0
  for (const word of categoryWords) for (let rest = word; rest !== 0; rest &= rest - 1) count++
  return count
}

/**
 * The most memory that tables with a byte for every category of a feature and node may take. Sets are counted by what is in them, not by their words: one large category is a few characters in a file, and every table of its feature
 * is as long as it says.
 */
export function categoryTableBudget(ensemble: Ensemble): number {
  return Math.max(mebibyte, tableBytesOfNode * ensemble.feature.length + tableBytesOfCategory * categoryCount(ensemble))
}
