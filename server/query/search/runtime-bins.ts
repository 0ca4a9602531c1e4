/**
 * Run times, counted by how long they are on a scale of equal ratios: counts of many segments add up exactly, and a
 * quantile of them is at most 2.5 % off.
 */

/** Seconds; what is shorter counts as this. */
const shortest = 1e-5;
const ratio = 1.05;
/** Up to some 30 years. */
const mostBins = 660;

/** How many run times fell into each bin. */
export type RuntimeBins = ReadonlyMap<number, number>;

/** `runtime`: seconds. */
export function toRuntimeBin(runtime: number): number {
  if (!(runtime > shortest)) return 0;
  return Math.min(mostBins - 1, Math.round(Math.log(runtime / shortest) / Math.log(ratio)));
}

/** Seconds; null: nothing was counted. `quantile`: from 0 to 1. */
export function readQuantile(bins: RuntimeBins, quantile: number): number | null {
  const total = countRuntimes(bins);
  if (total === 0) return null;
  let left = Math.max(1, Math.ceil(quantile * total));
  for (const [bin, count] of [...bins].sort(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return shortest * ratio ** bin;
  }
  return null;
}

export function countRuntimes(bins: RuntimeBins): number {
  let total = 0;
  for (const count of bins.values()) total += count;
  return total;
}

export function addBins(all: readonly (RuntimeBins | undefined)[]): RuntimeBins {
  const sum = new Map<number, number>();
  for (const bins of all) for (const [bin, count] of bins ?? []) sum.set(bin, (sum.get(bin) ?? 0) + count);
  return sum;
}
