import { describe, expect, it } from 'vitest';
import { toProcessCoverage, type CoverageSlice, type ProcessHistory } from '../../server/domain/process-coverage.ts';

/** Buckets of one minute: the tasks seen to begin in each, and the number told in it. */
function slicesOf(...minutes: [bucket: number, started: number, processed: number | null][]): CoverageSlice[] {
  let last: number | null = null;
  let startedByThen = 0;
  const slices = minutes.map(([bucket, started, processed]): CoverageSlice => {
    startedByThen += started;
    const grown: number = processed === null || last === null ? 0 : processed < last ? processed : processed - last;
    const first = processed !== null && last === null ? { processed, minute: 1000 + bucket, startedByThen } : null;
    last = processed ?? last;
    return { bucket, started, grown, told: processed === null ? 0 : 1, first, last: null };
  });
  const lastTold = slices.findLast(({ told }) => told > 0);
  if (lastTold) lastTold.last = last;
  return slices;
}

function cover(segments: CoverageSlice[][], history: Partial<ProcessHistory> = {}) {
  const covered = toProcessCoverage(segments, { before: null, isAfterGap: () => false, ...history });
  return [...covered].map(([bucket, { processed, seen }]) => [bucket, processed, seen]);
}

describe('the coverage of a process', () => {
  it('is whole when every task was seen', () => {
    expect(cover([slicesOf([-1, 0, 0], [0, 5, 5], [1, 7, 12])])).toEqual([
      [0, 5, 5],
      [1, 7, 7],
    ]);
  });

  it('shows what was missed where the next number told it', () => {
    expect(cover([slicesOf([-1, 0, 0], [0, 5, 5], [1, 3, 10], [2, 0, 18], [3, 1, 19])])).toEqual([
      [0, 5, 5],
      [1, 5, 3],
      [2, 8, 0],
      [3, 1, 1],
    ]);
  });

  it('takes up from the last number told before the range', () => {
    expect(cover([slicesOf([0, 4, 105])], { before: 100 })).toEqual([[0, 5, 4]]);
  });

  it('does not count what a process began before we began to watch it', () => {
    expect(cover([slicesOf([0, 2, 500], [1, 3, 506])])).toEqual([
      [0, 2, 2],
      [1, 6, 3],
    ]);
  });

  it('counts all that a process began in a gap, if that is where it came up', () => {
    const isAfterGap = (minute: number): boolean => minute === 1000;
    expect(cover([slicesOf([0, 2, 500])], { isAfterGap })).toEqual([[0, 500, 2]]);
    expect(cover([slicesOf([0, 2, 500])], { isAfterGap, before: 490 })).toEqual([[0, 10, 2]]);
  });

  it('counts from 0 again when a new process has the pid of an old one', () => {
    expect(cover([slicesOf([0, 5, 105], [1, 3, 3])], { before: 100 })).toEqual([
      [0, 5, 5],
      [1, 3, 3],
    ]);
    expect(cover([slicesOf([0, 3, 4])], { before: 100 })).toEqual([[0, 4, 3]]);
  });

  it('waits for the next number to tell what began after the last one', () => {
    expect(cover([slicesOf([-1, 100, 0], [0, 0, 100])], { before: 0 })).toEqual([[0, 100, 100]]);
    expect(cover([slicesOf([-1, 0, 0], [0, 5, 3], [1, 0, null], [2, 1, 6])])).toEqual([
      [0, 3, 3],
      [2, 3, 3],
    ]);
  });

  it('does not make up for what is missed with what was never reported', () => {
    // 9 began unreported in bucket 0, by a process that was killed; the next one missed 4.
    expect(cover([slicesOf([-1, 0, 0], [0, 9, 0], [1, 0, 0], [2, 2, 6])])).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [2, 6, 2],
    ]);
  });

  it('goes on where one segment of history ends and another begins', () => {
    expect(cover([slicesOf([0, 5, 105]), slicesOf([0, 1, 107], [1, 3, 110])], { before: 100 })).toEqual([
      [0, 7, 6],
      [1, 3, 3],
    ]);
  });

  it('says nothing of a process that tells no numbers', () => {
    expect(cover([slicesOf([0, 5, null], [1, 5, null])])).toEqual([]);
  });
});
