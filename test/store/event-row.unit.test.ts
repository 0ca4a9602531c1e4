import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import { mergeTasks, reduceTask, type Task } from '../../server/domain/task.ts';
import { changesHeldFields, toFullFields, toSlimData, toSubject } from '../../server/store/event-row.ts';
import { taskEvent as anyEvent } from '../helpers/arbitrary-events.ts';
import { taskEvent } from '../helpers/ingest.ts';

const reduce = (events: TaskEvent[]): Task => events.reduce<Task | undefined>(reduceTask, undefined)!;
const subjectOf = (event: TaskEvent): string => toSubject(event.type);

/** Stores `first` in one batch and `then` in a second one; what is read of the first batch's events after that. */
function readAfter(first: TaskEvent[], then: TaskEvent[]): Record<string, unknown>[] {
  const before = reduce(first);
  const after = mergeTasks(before, reduce(then));
  const stored = first.map((event) => toSlimData(subjectOf(event), event, before));
  const kept = changesHeldFields(before, after)
    ? stored.map((data, i) => toSlimData(subjectOf(first[i]!), toFullFields(subjectOf(first[i]!), data, before), after))
    : stored;
  return kept.map((data, i) => toFullFields(subjectOf(first[i]!), data, after));
}

describe('an event that is stored slim', () => {
  test('is read as it was sent, whatever comes later', () => {
    // No serializer sends a key without a value.
    const sound = anyEvent.map(
      (event) => Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined)) as TaskEvent,
    );
    const some = fc.array(sound, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(some, some, (first, then) => {
        readAfter(first, then).forEach((fields, i) => {
          for (const field of ['name', 'args', 'retries', 'result', 'runtime', 'exception', 'traceback', 'queue']) {
            const sent = first[i]![field];
            // JSON has no bigint and no -0, and who knows what of odd objects; what it holds has to come back.
            if (sent === null || typeof sent === 'string' || (Number.isSafeInteger(sent) && sent !== 0)) {
              expect(fields[field] ?? null).toEqual(sent);
            }
            if (sent === undefined) expect(fields[field] ?? null).toBeNull();
          }
        });
      }),
      { numRuns: 500 },
    );
  });

  test('is left alone when its task goes on as tasks do', () => {
    const received = taskEvent('a', 'received', { name: 'mail.send', args: '(1,)', retries: 0 });
    const started = taskEvent('a', 'started');
    const succeeded = taskEvent('a', 'succeeded', { result: 'None', runtime: 0.1 });
    const before = reduce([received, started]);
    expect(changesHeldFields(before, reduceTask({ ...before }, succeeded))).toBe(false);
  });
});
