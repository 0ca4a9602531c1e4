import { expect, it } from 'vitest';
import type { GapBody } from '../../server/contract/status.ts';
import { placeGaps } from '../../web/src/models/gap.ts';
import { taskBody } from '../helpers/bodies.ts';

const rows = [40, 30, 20].map((received) => taskBody({ uuid: String(received), received }));
const gap = (from: number, to: number | null): GapBody => ({ from, to, broker: 'redis://x', why: 'stopped' });

it('stands between the tasks before it and those after it', () => {
  const inside = gap(31, 39);
  const lasting = gap(41, null);
  expect([...placeGaps(rows, [inside, lasting])]).toEqual([
    [1, [inside]],
    [0, [lasting]],
  ]);
});

it('is left out where the list does not reach', () => {
  expect(placeGaps(rows, [gap(5, 10)]).size).toBe(0);
  expect(placeGaps([], [gap(5, 10)]).size).toBe(0);
});
