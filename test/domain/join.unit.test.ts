import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import { mergeTasks, reduceTask, taskOf, type Task } from '../../server/domain/task.ts';
import { mergeWorkers, reduceWorker, workerOf, type Worker } from '../../server/domain/worker.ts';
import {
  taskEvent,
  twinInferredEvent,
  twinTaskEvent,
  twinWorkerEvent,
  workerEvent,
} from '../helpers/arbitrary-events.ts';

const runs = { numRuns: 1000 };

type Sighting = readonly [event: Parameters<typeof workerOf>[0], receivedAt: number];

const sighting: fc.Arbitrary<Sighting> = fc.tuple(workerEvent, fc.integer({ min: 100, max: 105 }));

const twins: fc.Arbitrary<Sighting> = fc.tuple(twinWorkerEvent, fc.constant(100));

/** Events are never written to. */
const addTask = (task: Task | undefined, event: TaskEvent): Task => reduceTask(task, Object.freeze(event));
const addWorker = (worker: Worker | undefined, [event, at]: Sighting): Worker =>
  reduceWorker(worker, Object.freeze(event), at);

const addUpTask = (events: readonly TaskEvent[]): Task => events.reduce<Task | undefined>(addTask, undefined) as Task;
const addUpWorker = (all: readonly Sighting[]): Worker =>
  all.reduce<Worker | undefined>(addWorker, undefined) as Worker;

/** Some events, and the same events in another order with some of them doubled. */
function retold<T>(one: fc.Arbitrary<T>): fc.Arbitrary<{ told: T[]; again: T[] }> {
  return fc
    .array(one, { minLength: 1, maxLength: 8 })
    .chain((told) =>
      fc
        .tuple(fc.shuffledSubarray(told, { minLength: told.length }), fc.shuffledSubarray(told))
        .map(([shuffled, doubles]) => ({ told, again: [...shuffled, ...doubles] })),
    );
}

const sightingOf = ([event, receivedAt]: Sighting): Worker => workerOf(event, receivedAt);

const cases = [
  { noun: 'a task', check: (property: Join) => property(taskEvent, addUpTask, mergeTasks, taskOf) },
  { noun: 'a task of near twins', check: (property: Join) => property(twinTaskEvent, addUpTask, mergeTasks, taskOf) },
  {
    noun: 'a task of inferred twins',
    check: (property: Join) => property(twinInferredEvent, addUpTask, mergeTasks, taskOf),
  },
  { noun: 'a worker', check: (property: Join) => property(sighting, addUpWorker, mergeWorkers, sightingOf) },
  { noun: 'a worker of near twins', check: (property: Join) => property(twins, addUpWorker, mergeWorkers, sightingOf) },
];

type Join = <E, T>(
  one: fc.Arbitrary<E>,
  addUp: (all: readonly E[]) => T,
  merge: (a: T, b: T) => T,
  of: (one: E) => T,
) => void;

describe.each(cases)('what is known of $noun', ({ check }) => {
  it('is the same in any order of its events, with any of them doubled', () => {
    check((one, addUp) => {
      const property = fc.property(retold(one), ({ told, again }) => {
        expect(addUp(again)).toEqual(addUp(told));
      });
      fc.assert(property, runs);
    });
  });

  it('is the same when two see a part each, overlapping or not, and what they have is merged', () => {
    check((one, addUp, merge) => {
      const some = fc.array(one, { minLength: 1, maxLength: 5 });
      const property = fc.property(some, some, some, (left, both, right) => {
        const whole = addUp([...left, ...both, ...right]);
        expect(merge(addUp([...left, ...both]), addUp([...both, ...right]))).toEqual(whole);
        expect(merge(addUp([...both, ...right]), addUp([...left, ...both]))).toEqual(whole);
      });
      fc.assert(property, runs);
    });
  });

  it('merges commutatively, associatively and idempotently', () => {
    check((one, addUp, merge) => {
      const known = fc.array(one, { minLength: 1, maxLength: 3 }).map(addUp);
      const property = fc.property(known, known, known, (a, b, c) => {
        expect(merge(a, b)).toEqual(merge(b, a));
        expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)));
        expect(merge(a, a)).toEqual(a);
      });
      fc.assert(property, runs);
    });
  });

  it('has only values that every engine stores, and JSON carries, unchanged', () => {
    check((one, _addUp, _merge, of) => {
      const property = fc.property(one, (event) => {
        const known = of(event);
        expect(JSON.parse(JSON.stringify(known))).toEqual(known);
      });
      fc.assert(property, runs);
    });
  });
});
