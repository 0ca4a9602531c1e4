const firstMs = 500;
const longestMs = 15_000;

/**
 * The wait after `failures` failures in a row (0 for the first): 0.5 s doubling to 15 s, less up to a quarter so that
 * many monitors don't come back in step.
 * @param random 0 to 1
 */
export function toBackoffMs(failures: number, random: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures, 16)) * (1 - random / 4);
}
