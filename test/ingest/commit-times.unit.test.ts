import { expect, test } from 'vitest';
import { CommitTimes } from '../../server/ingest/commit-times.ts';

test('are not known before the first commit', () => {
  expect(new CommitTimes().quantiles()).toBeNull();
});

test('name the middle one and the slowest of a hundred, whatever their order', () => {
  const times = new CommitTimes();
  for (let i = 0; i < 100; i++) times.add((i * 37) % 100);
  expect(times.quantiles()).toEqual({ p50: 49, p99: 98 });
});

test('forget slow commits after 512 others', () => {
  const times = new CommitTimes();
  for (let i = 0; i < 512; i++) times.add(5000);
  expect(times.quantiles()).toEqual({ p50: 5000, p99: 5000 });
  for (let i = 0; i < 512; i++) times.add(1);
  expect(times.quantiles()).toEqual({ p50: 1, p99: 1 });
});
