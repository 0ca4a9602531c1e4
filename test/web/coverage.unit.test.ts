import { expect, it } from 'vitest';
import { toSeen } from '../../web/src/models/coverage.ts';

const covered = (seen: number, processed: number) => ({
  seen,
  processed,
  ratio: processed === 0 ? null : seen / processed,
});

it.each([
  [2381, 2400, '99.2 %', 'retry'],
  [2400, 2400, '100 %', null],
  [999_999, 1_000_000, '99.9 %', 'retry'],
  [899, 1000, '89.9 %', 'failure'],
  [1, 10_000, '< 0.1 %', 'failure'],
  [0, 3, '0 %', 'failure'],
  [0, 0, '—', null],
])('shows %i of %i seen as %s', (seen, processed, text, tone) => {
  expect(toSeen(covered(seen, processed))).toMatchObject({ text, tone });
});

it('says it as a sentence too', () => {
  expect(toSeen(covered(2381, 2400)).title).toBe('Saw 2,381 of 2,400 tasks that it began in the last hour');
  expect(toSeen(covered(1, 1)).title).toBe('Saw 1 of 1 task that it began in the last hour');
  expect(toSeen(undefined)).toEqual({ text: '—', title: 'No task in the last hour', tone: null });
});
