import { describe, expect, it } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import { listInferred } from '../../server/domain/inferred.ts';
import { mergeTasks, reduceTask, taskOf, type Task } from '../../server/domain/task.ts';
import { isOfWorker } from '../../server/domain/worker.ts';

function event(subject: string, timestamp: number, fields: Partial<TaskEvent> = {}): TaskEvent {
  return { type: `task-${subject}`, uuid: 'u', hostname: 'w1@host', timestamp, clock: 1, ...fields };
}

function inferred(source: string, timestamp: number, fields: Partial<TaskEvent> = {}): TaskEvent {
  return event('inferred', timestamp, { hostname: 'herbarium', clock: null, source, ...fields });
}

const received = event('received', 2, { name: 'shop.pay', args: '(1,)', kwargs: '{}' });
const started = event('started', 3);
const succeeded = event('succeeded', 9, { result: "'paid'", runtime: 0.5 });
const success = inferred('result', 5, { state: 'SUCCESS', result: "'kept'", name: 'other', worker: 'w9@host' });
const active = inferred('active', 6, { name: 'shop.pay', args: '(1,)', worker: 'w2@host', started: 4 });

function addUp(...events: TaskEvent[]): Task {
  return events.reduce<Task | undefined>(reduceTask, undefined) as Task;
}

describe('what was inferred of a task', () => {
  it('ends it where no end was seen, and says which fields are inferred', () => {
    const task = addUp(received, started, success);
    expect(task).toMatchObject({ state: 'SUCCESS', timestamp: 5, succeeded: 5, result: "'kept'" });
    expect(listInferred(task)).toEqual(['state', 'timestamp', 'succeeded', 'result']);
  });

  it('never stands in the place of what was observed', () => {
    expect(addUp(received, started, success)).toMatchObject({ name: 'shop.pay', worker: 'w1@host', started: 3 });
    const late = addUp(received, started, success, succeeded);
    expect(late).toMatchObject({ state: 'SUCCESS', timestamp: 9, succeeded: 9, result: "'paid'" });
    expect(listInferred(late)).toEqual([]);
  });

  it('gives way to an observed end of another kind', () => {
    const failed = event('failed', 1, { exception: "ValueError('no')", traceback: 'Traceback' });
    expect(addUp(success, received, failed)).toMatchObject({
      state: 'FAILURE',
      timestamp: 1,
      succeeded: null,
      result: null,
    });
  });

  it('describes a task that was never heard of', () => {
    const task = addUp(active);
    expect(task).toMatchObject({ state: 'STARTED', timestamp: 4, started: 4, name: 'shop.pay', worker: 'w2@host' });
    expect(listInferred(task)).toEqual(['state', 'timestamp', 'name', 'args', 'worker', 'started']);
  });

  it('is remembered by its source: a result that knows nothing of the arguments does not take them away', () => {
    const task = addUp(active, inferred('result', 8, { state: 'SUCCESS', result: '7' }));
    expect(task).toMatchObject({ state: 'SUCCESS', result: '7', args: '(1,)', worker: 'w2@host' });
  });

  it('lifts a task that was sent, received or retried, and no other', () => {
    const sent = event('sent', 1);
    const reserved = inferred('reserved', 6);
    expect(addUp(sent, reserved).state).toBe('RECEIVED');
    expect(addUp(sent, active).state).toBe('STARTED');
    expect(addUp(received, active)).toMatchObject({ state: 'STARTED', worker: 'w1@host' });
    expect(addUp(started, event('retried', 5), active).state).toBe('STARTED');
    expect(addUp(started, inferred('scheduled', 6)).state).toBe('STARTED');
    expect(addUp(started, event('progress', 4), active).state).toBe('PROGRESS');
    expect(addUp(received, event('started', 7), event('retried', 8), active).state).toBe('RETRY');
  });

  it('makes a task LOST, until something later is heard of it', () => {
    const lost = inferred('lost', 50);
    expect(addUp(received, started, lost)).toMatchObject({ state: 'LOST', timestamp: 50, started: 3 });
    expect(listInferred(addUp(received, started, lost))).toEqual(['state', 'timestamp']);
    expect(addUp(received, started, lost, event('started', 51)).state).toBe('STARTED');
    expect(addUp(received, started, lost, { ...active, timestamp: 60 }).state).toBe('STARTED');
    expect(addUp(lost, inferred('result', 40, { state: 'FAILURE' })).state).toBe('FAILURE');
    expect(addUp(received, started, lost, succeeded)).toMatchObject({ state: 'SUCCESS', timestamp: 9 });
  });

  it('makes a task REVOKED when a worker remembers that, and nobody is seen to run it later', () => {
    const revoked = inferred('revoked', 5);
    expect(addUp(received, revoked)).toMatchObject({ state: 'REVOKED', timestamp: 5, revoked: 5 });
    expect(addUp(received, revoked, active)).toMatchObject({ state: 'STARTED', revoked: null });
  });

  it('shows the error of an inferred failure, not that of a retry before it, and brings that back when it must', () => {
    const retried = event('retried', 4, { exception: "OSError('later')", traceback: 'of the retry' });
    const failure = inferred('result', 8, { state: 'FAILURE', exception: "OSError('never')" });
    const task = addUp(started, retried, failure);
    expect(task).toMatchObject({ state: 'FAILURE', exception: "OSError('never')", traceback: null });
    expect(listInferred(task)).toContain('exception');
    const other = taskOf(event('revoked', 9));
    expect(mergeTasks(task, other)).toMatchObject({ state: 'REVOKED', exception: "OSError('later')" });
  });

  it('is not a word of a worker', () => {
    expect(isOfWorker(active)).toBe(false);
    expect(addUp(inferred('lost', 5)).worker).toBeNull();
  });

  it('is nothing when it names no source that we know, and a custom state when it is not our own', () => {
    expect(addUp(started, inferred('hearsay', 5)).state).toBe('STARTED');
    expect(addUp(started, inferred('result', 5, { state: 'PROGRESS' })).state).toBe('STARTED');
    expect(addUp(started, { ...active, hostname: 'w1@host' }).state).toBe('INFERRED');
  });
});
