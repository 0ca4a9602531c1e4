import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { fromIdKey, toIdKey } from '../../server/store/id-key.ts';
import { IdFilter } from '../../server/store/sqlite/id-filter.ts';

const ids = Array.from({ length: 20_000 }, () => randomUUID());

it('never denies an id that is there', () => {
  const keys = [...ids, 'daily-report', '', 'ü'].map(toIdKey);
  const filter = IdFilter.of(keys, keys.length);
  expect(keys.filter((key) => !filter.mayHold(key))).toEqual([]);
});

it('gives few false alarms', () => {
  const filter = IdFilter.of(ids.map(toIdKey), ids.length);
  const alarms = Array.from({ length: 20_000 }, () => toIdKey(randomUUID())).filter((key) => filter.mayHold(key));
  expect(alarms.length).toBeLessThan(60);
});

it('keeps ids apart that would be the same bytes', () => {
  const lookalikes = [...ids.slice(0, 5), 'x'.repeat(15), '\0'.repeat(14), 'x'.repeat(14), 'A'.repeat(36), ''];
  expect(lookalikes.map((id) => fromIdKey(toIdKey(id)))).toEqual(lookalikes);
  expect(new Set(lookalikes.map((id) => toIdKey(id).toString('hex'))).size).toBe(lookalikes.length);
});
