import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { isTaskEvent } from '../../server/celery/event.ts';
import { differences } from '../../server/domain/differences.ts';
import { reduceTask, type Task } from '../../server/domain/task.ts';
import { isAlive, isOfWorker, reduceWorker, type Worker } from '../../server/domain/worker.ts';
import { listRecordedStates, readArrivals, readRecordedState } from '../helpers/recorded-state.ts';
import type { Arrival, RecordedState } from '../helpers/recorded-state.ts';
import { type TaskMismatch, taskExplanations, workerExplanations } from './explanations.ts';
import { focusedDifferences } from './focused-differences.ts';

interface Outcome {
  tasks: Map<string, Task>;
  workers: Map<string, Worker>;
}

function replay(arrivals: readonly Arrival[]): Outcome {
  const tasks = new Map<string, Task>();
  const workers = new Map<string, Worker>();
  for (const { event, receivedAt } of arrivals) {
    if (isTaskEvent(event)) tasks.set(event.uuid, reduceTask(tasks.get(event.uuid), event));
    if (isOfWorker(event)) workers.set(event.hostname, reduceWorker(workers.get(event.hostname), event, receivedAt));
  }
  return { tasks, workers };
}

/** A task of ours under Celery's names (`Task.as_dict`), but for what the API derives from these. */
function toCeleryTask(task: Task): Record<string, unknown> {
  const {
    routingKey,
    rootId,
    parentId,
    customState: _state,
    customAt: _at,
    queue: _queue,
    inferred: _inferred,
    ...same
  } = task;
  return { ...same, routing_key: routingKey, root_id: rootId, parent_id: parentId };
}

function toCeleryWorker(worker: Worker, recorded: RecordedState['workers'][string]): Record<string, unknown> {
  const { hostname, pid, freq, clock, active, processed, loadavg, swIdent, swVer, swSys } = worker;
  const alive = recorded.alive_at.map(([now]) => [`alive at ${now}`, isAlive(worker, now)] as const);
  const software = { sw_ident: swIdent, sw_ver: swVer, sw_sys: swSys };
  return { hostname, pid, freq, clock, active, processed, loadavg, ...software, ...Object.fromEntries(alive) };
}

const explainedBy = new Map<string, number>();

/** The differences that explain a mismatch: exactly one is right, none is a bug, two a table that says nothing. */
function explain<M>(explanations: Record<string, (mismatch: M) => boolean>, mismatch: M): string[] {
  const ids = Object.keys(explanations).filter((id) => explanations[id]?.(mismatch));
  for (const id of ids) explainedBy.set(id, (explainedBy.get(id) ?? 0) + 1);
  return ids;
}

/** For a person to read. */
function toLine({
  field,
  ours,
  celery,
  by,
}: Pick<TaskMismatch, 'field' | 'ours' | 'celery'> & { by: string[] }): string {
  return `${field}: ours ${JSON.stringify(ours)}, Celery's ${JSON.stringify(celery)}, explained by [${by.join()}]`;
}

function findUnexplainedTasks(state: RecordedState, arrivals: readonly Arrival[], tasks: Map<string, Task>): string[] {
  return [...tasks.values()].flatMap((task) => {
    const recorded = state.tasks[task.uuid] ?? {};
    const own = arrivals.filter(({ event }) => event.uuid === task.uuid);
    return Object.entries(toCeleryTask(task))
      .filter(([field, ours]) => ours !== recorded[field])
      .map(([field, ours]) => ({ field, ours, celery: recorded[field], task, recorded, arrivals: own }))
      .map((mismatch) => ({ ...mismatch, by: explain(taskExplanations, mismatch) }))
      .filter(({ by }) => by.length !== 1)
      .map(toLine);
  });
}

function findUnexplainedWorkers(
  state: RecordedState,
  arrivals: readonly Arrival[],
  workers: Outcome['workers'],
): string[] {
  return [...workers.values()].flatMap((worker) => {
    const recorded = state.workers[worker.hostname] ?? { alive_at: [] };
    const alive = recorded.alive_at.map(([now, isAliveThen]) => [`alive at ${now}`, isAliveThen] as const);
    const celery: Record<string, unknown> = { ...recorded, ...Object.fromEntries(alive) };
    const own = arrivals.filter(({ event }) => event.hostname === worker.hostname);
    return Object.entries(toCeleryWorker(worker, recorded))
      .filter(([field, ours]) => !isDeepStrictEqual(ours, celery[field] ?? null))
      .map(([field, ours]) => ({ field, ours, celery: celery[field], worker, arrivals: own }))
      .map((mismatch) => ({ ...mismatch, by: explain(workerExplanations, mismatch) }))
      .filter(({ by }) => by.length !== 1)
      .map(toLine);
  });
}

const inRecordedOrder = new Map<string, Outcome>();

/** What the same stream adds up to in the order in which it was recorded. */
function replayInOrder(state: RecordedState): Outcome {
  const known = inRecordedOrder.get(state.source) ?? replay(readArrivals({ ...state, order: undefined }));
  inRecordedOrder.set(state.source, known);
  return known;
}

describe.each(listRecordedStates())('%s', (name) => {
  const state = readRecordedState(name);
  const arrivals = readArrivals(state);
  const outcome = replay(arrivals);

  it('feeds what Celery was fed', () => {
    expect(arrivals).toHaveLength(state.events_fed);
    expect([...outcome.tasks.keys()].sort()).toEqual(Object.keys(state.tasks).sort());
    expect([...outcome.workers.keys()].sort()).toEqual(Object.keys(state.workers).sort());
  });

  it("ends in the state of Celery's own, but for named differences", () => {
    expect(findUnexplainedTasks(state, arrivals, outcome.tasks)).toEqual([]);
    expect(findUnexplainedWorkers(state, arrivals, outcome.workers)).toEqual([]);
  });

  it('ends in the state in which the recorded order ends', () => {
    const expected = replayInOrder(state);
    expect(Object.fromEntries(outcome.tasks)).toEqual(Object.fromEntries(expected.tasks));
    expect(Object.fromEntries(outcome.workers)).toEqual(Object.fromEntries(expected.workers));
  });
});

describe('the table of differences', () => {
  afterAll(() => explainedBy.clear());

  it.each(differences.map(({ id }) => id))('%s shows in a recorded stream, or in a check of its own', (id) => {
    expect(explainedBy.has(id) || focusedDifferences[id] !== undefined).toBe(true);
  });

  it.each(Object.entries(focusedDifferences))('ours holds where no stream shows it: %s', (_id, check) => {
    check();
  });

  it('names each difference once', () => {
    expect(new Set(differences.map(({ id }) => id)).size).toBe(differences.length);
  });
});
