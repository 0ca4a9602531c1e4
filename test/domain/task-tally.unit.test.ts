import { expect, test } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import { TaskTallies } from '../../server/domain/task-tally.ts';
import { reduceTask, type Task } from '../../server/domain/task.ts';
import { successOf, taskEvent } from '../helpers/batches.ts';

/** As a commit does it: each event is new, and all of them together are one change. */
function tally(events: TaskEvent[], before?: Task) {
  const after = events.reduce<Task | undefined>(reduceTask, before && { ...before })!;
  const tallies = new TaskTallies();
  for (const event of events) tallies.addEvent(event, after);
  tallies.addChange(before, after);
  return { after, list: tallies.list() };
}

const [received, started, succeeded] = successOf('a', 0) as [TaskEvent, TaskEvent, TaskEvent];

test('events are counted by the name of their task, also those that do not tell it', () => {
  const { list } = tally([received, started, succeeded]);
  const events = new Map([
    ['task-received', 1],
    ['task-started', 1],
    ['task-succeeded', 1],
  ]);
  expect(list).toEqual([
    { worker: 'w1@alpha', task: 'shop.charge', events, runtimes: [0.2], prefetched: 0, waitedS: 0 },
  ]);
});

test('a task is prefetched from when it is received until it is begun', () => {
  const first = tally([received]);
  expect(first.list[0]?.prefetched).toBe(1);
  const second = tally([started], first.after);
  expect(second.list[0]).toMatchObject({ prefetched: -1 });
  expect(second.list[0]?.waitedS).toBeCloseTo(0.1);
});

test('a task that is revoked while it waits is not prefetched any more', () => {
  const first = tally([received]);
  expect(tally([taskEvent('revoked', 'a', 1)], first.after).list[0]?.prefetched).toBe(-1);
});

test('a task with an ETA waits for that, and not for its worker', () => {
  const { list } = tally([{ ...received, eta: '2030-01-01T00:00:00' }, started]);
  expect(list[0]).toMatchObject({ prefetched: 0, waitedS: null });
});

test('what was inferred is no event', () => {
  const inferred = taskEvent('inferred', 'a', 2, { hostname: 'herbarium', source: 'lost' });
  const { list } = tally([inferred], tally([received]).after);
  expect(list.flatMap(({ events }) => [...events])).toEqual([]);
});

test('names that no reader of metrics takes are made fit, and have an end', () => {
  const { list } = tally([{ ...received, name: `\ud800\0${'x'.repeat(1000)}` }]);
  expect(list[0]?.task).toBe(`\ufffd\ufffd${'x'.repeat(254)}`);
});
