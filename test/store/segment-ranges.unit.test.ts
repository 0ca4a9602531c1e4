import { describe, expect, it } from 'vitest';
import { SegmentRanges } from '../../server/store/postgres/segment-ranges.ts';

/** First ids by segment; those of an object are read as they are then. */
function openRanges(first: Record<number, number>): SegmentRanges {
  const query = async (_sql: string, [known]: unknown[]) =>
    Object.entries(first)
      .map(([id, firstTask]) => ({ id: Number(id), firstTask }))
      .filter(({ id }) => !(known as number[]).includes(id));
  return new SegmentRanges(query as ConstructorParameters<typeof SegmentRanges>[0]);
}

describe('the ranges of ids in segments', () => {
  it('leave out the segments in which none of the ids is', async () => {
    const ranges = openRanges({ 1: 1, 2: 100, 3: 200, 5: 300 });
    expect(await ranges.without([150, 160])).toEqual([5, 3, 1]);
    expect(await ranges.without([199, 200])).toEqual([5, 1]);
    expect(await ranges.without([1, 300])).toEqual([]);
    expect(await ranges.without([1000])).toEqual([3, 2, 1]);
  });

  it('leave out no segment that they do not know yet', async () => {
    const first: Record<number, number> = { 1: 1 };
    const ranges = openRanges(first);
    expect(await ranges.without([50])).toEqual([]);
    first[2] = 100;
    expect(await ranges.without([150])).toEqual([]);
    await ranges.refresh();
    expect(await ranges.without([150])).toEqual([1]);
  });

  it('are the same when two ask for them at once', async () => {
    const ranges = openRanges({ 1: 1, 2: 100 });
    await Promise.all([ranges.refresh(), ranges.refresh()]);
    expect(await ranges.without([50])).toEqual([2]);
  });

  it('are gone through from the newest on, and the last has all that are left', async () => {
    const ranges = openRanges({ 1: 10, 2: 100, 3: 200, 4: 300 });
    await ranges.refresh();
    expect(ranges.newestBelow(Infinity, 1)).toEqual({ others: [3, 2, 1], from: 300 });
    expect(ranges.newestBelow(300, 2)).toEqual({ others: [4, 1], from: 100 });
    expect(ranges.newestBelow(100, 4)).toEqual({ others: [4, 3, 2], from: -Infinity });
    expect(ranges.newestBelow(250, 1)).toEqual({ others: [4, 2, 1], from: 200 });
    expect(openRanges({}).newestBelow(Infinity, 1)).toEqual({ others: [], from: -Infinity });
  });
});
