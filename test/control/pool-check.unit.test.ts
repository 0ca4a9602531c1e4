import { expect, it } from 'vitest';
import { readPoolSize } from '../../server/control/pool-check.ts';

it.each([
  [{ pool: { processes: [11, 12, 13], 'max-concurrency': 2 } }, 3],
  [{ pool: { processes: Array.from({ length: 500 }, (_, pid) => pid) } }, 500],
  [{ pool: { processes: [] } }, 0],
  [{ pool: { processes: 'N/A', 'max-concurrency': 100 } }, 100],
  [{ pool: { processes: { 0: 11 }, 'max-concurrency': 'N/A' } }, null],
  [{ pool: { 'max-concurrency': 8, 'free-threads': 8 } }, 8],
  [{ pool: 'N/A' }, null],
  [{ pool: null }, null],
  [[], null],
  ['stats', null],
  [null, null],
])('the size of a pool is read from whatever a worker says of it: %j', (stats, size) => {
  expect(readPoolSize(stats)).toBe(size);
});
