import { expect, it } from 'vitest';
import type { QueueBody } from '../../server/contract/queues.ts';
import { toGrowth, toPriorities, toQueueRows } from '../../web/src/models/queue.ts';
import { toKept } from '../../web/src/models/retention.ts';

it('puts the queue in which most waits first, with what waited in it before', () => {
  const queues = [
    { name: 'b', ready: 0 },
    { name: 'a', ready: 0 },
    { name: 'deep', ready: 7 },
  ] as QueueBody[];
  const depths = { from: 0, to: 60, step: 60, queues: [{ queue: 'a', points: [{ at: 0, ready: 2 }] }] };
  expect(toQueueRows(queues, depths).map(({ queue, points }) => [queue.name, points.length])).toEqual([
    ['deep', 0],
    ['a', 1],
    ['b', 0],
  ]);
  expect(toQueueRows(queues, null)).toHaveLength(3);
});

it('says which way a queue goes, and by priority what waits', () => {
  expect(toGrowth(1.234)).toEqual({ text: '+1.2', tone: 'retry' });
  expect(toGrowth(-2)).toEqual({ text: '−2', tone: 'success' });
  expect(toGrowth(0.01)).toEqual({ text: '0', tone: null });
  expect(toGrowth(null)).toEqual({ text: '—', tone: null });
  expect(toPriorities({ 0: 3, 3: 0, 9: 1 })).toBe('priority 0: 3, 9: 1');
  expect(toPriorities(null)).toBe('');
});

it('says how long history is kept', () => {
  const limits = { tasks: 30 * 86_400, failures: null, events: 86_400, bytes: 5e9, metrics: 7 * 86_400 };
  expect(toKept(limits).map(({ howLong }) => howLong)).toEqual([
    '30 d 0 h',
    'as all others',
    '1 d 0 h',
    '7 d 0 h',
    'at most 5.0 GB',
  ]);
  expect(toKept({ tasks: null, failures: null, events: null, bytes: null, metrics: 60 })[0]).toEqual({
    what: 'Tasks',
    howLong: 'for ever',
  });
});
