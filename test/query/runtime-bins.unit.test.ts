import { expect, it } from 'vitest';
import { addBins, countRuntimes, readQuantile, toRuntimeBin } from '../../server/query/search/runtime-bins.ts';

const binsOf = (runtimes: readonly number[]) =>
  addBins(runtimes.map((runtime) => new Map([[toRuntimeBin(runtime), 1]])));

it('finds quantiles at most 2.5 % off, from microseconds to years', () => {
  const runtimes = Array.from({ length: 200 }, (_, i) => 2e-5 * 1.17 ** i);
  const bins = binsOf(runtimes);
  expect(countRuntimes(bins)).toBe(200);
  for (const quantile of [0.01, 0.5, 0.95]) {
    const exact = runtimes[Math.ceil(quantile * 200) - 1] ?? 0;
    expect(Math.abs((readQuantile(bins, quantile) ?? 0) / exact - 1)).toBeLessThan(0.026);
  }
});

it('has none of nothing, and bears what no run time can be', () => {
  expect(readQuantile(new Map(), 0.5)).toBeNull();
  expect(readQuantile(binsOf([0, -1]), 0.95)).toBeCloseTo(1e-5);
  expect(readQuantile(binsOf([Number.MAX_VALUE]), 0.5)).toBeGreaterThan(1e8);
});

it('adds up what segments counted', () => {
  expect(
    addBins([
      new Map([[1, 2]]),
      undefined,
      new Map([
        [1, 3],
        [4, 1],
      ]),
    ]),
  ).toEqual(
    new Map([
      [1, 5],
      [4, 1],
    ]),
  );
});
