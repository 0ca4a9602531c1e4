import { describe, expect, it } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import { reduceTask, type Task } from '../../server/domain/task.ts';

const sent = event('sent', 1, {
  hostname: 'gen1@client',
  clock: 5,
  name: 'shop.pay',
  args: '(1,)',
  kwargs: '{}',
  retries: 0,
  eta: null,
  expires: null,
  root_id: 'r',
  parent_id: 'p',
  queue: 'celery',
  exchange: '',
  routing_key: 'celery',
});
const received = event('received', 2, {
  name: 'shadow',
  args: '(2,)',
  kwargs: '{}',
  retries: 0,
  root_id: 'r',
  parent_id: 'p',
});
const started = event('started', 3, { clock: 9 });
const succeeded = event('succeeded', 4, { result: "'paid'", runtime: 0.5 });
const failed = event('failed', 4, { exception: "ValueError('no')", traceback: 'Traceback…' });
const retried = event('retried', 4, { exception: "OSError('later')", traceback: 'Traceback of the retry' });

function event(subject: string, timestamp: number, fields: Partial<TaskEvent> = {}): TaskEvent {
  return { type: `task-${subject}`, uuid: 'u', hostname: 'w1@host', timestamp, clock: 1, ...fields };
}

function addUp(...events: TaskEvent[]): Task {
  return events.reduce<Task | undefined>(reduceTask, undefined) as Task;
}

describe('a task', () => {
  it('adds up to everything that its events told', () => {
    expect(addUp(sent, received, started, succeeded)).toEqual({
      uuid: 'u',
      name: 'shadow',
      state: 'SUCCESS',
      timestamp: 4,
      sent: 1,
      received: 2,
      started: 3,
      succeeded: 4,
      failed: null,
      retried: null,
      revoked: null,
      rejected: null,
      customState: null,
      customAt: null,
      args: '(2,)',
      kwargs: '{}',
      eta: null,
      expires: null,
      retries: 0,
      result: "'paid'",
      runtime: 0.5,
      exception: null,
      traceback: null,
      queue: 'celery',
      exchange: '',
      routingKey: 'celery',
      client: 'gen1@client',
      worker: 'w1@host',
      clock: 9,
      rootId: 'r',
      parentId: 'p',
      inferred: null,
    });
  });

  it('is PENDING while it is only sent, and is then described by its client', () => {
    expect(addUp(sent)).toMatchObject({ state: 'PENDING', timestamp: 1, name: 'shop.pay', worker: null });
  });

  it('keeps SUCCESS when a late started event arrives', () => {
    expect(addUp(received, succeeded, started)).toMatchObject({ state: 'SUCCESS', timestamp: 4, started: 3 });
  });

  it('keeps FAILURE when a retry from a worker whose clock is ahead seems later', () => {
    const ahead = { ...retried, timestamp: 100 };
    expect(addUp(received, failed, ahead)).toMatchObject({ state: 'FAILURE', exception: "ValueError('no')" });
  });

  it('ends as FAILURE when it was terminated and then reported as failed', () => {
    expect(addUp(started, event('revoked', 4), event('failed', 5))).toMatchObject({ state: 'FAILURE', revoked: 4 });
  });

  it('ends as SUCCESS when a redelivered message succeeds after a failure', () => {
    expect(addUp(failed, { ...succeeded, timestamp: 9 })).toMatchObject({ state: 'SUCCESS', failed: 4 });
  });

  it('is in RETRY, with the reason, until its next run is seen', () => {
    const reason = { exception: "OSError('later')", traceback: 'Traceback of the retry' };
    expect(addUp(received, started, retried)).toMatchObject({ state: 'RETRY', timestamp: 4, ...reason });
    const next = event('received', 5, { retries: 1, eta: '2026-11-20T05:00:00+00:00' });
    const again = addUp(received, started, retried, next);
    expect(again).toMatchObject({ state: 'RECEIVED', retries: 1, eta: '2026-11-20T05:00:00+00:00', ...reason });
    expect(addUp(received, started, retried, next, event('started', 6)).state).toBe('STARTED');
  });

  it('does not take an event of the moment of its retry for the next run', () => {
    expect(addUp(received, event('started', 4), retried)).toMatchObject({ state: 'RETRY', started: 4 });
  });

  it('gives the reason of its latest retry, and counts the retries by the highest number seen', () => {
    const second = event('retried', 7, { exception: "A('second')", traceback: null });
    const first = event('received', 5, { retries: 1 });
    const skewed = event('received', 4.5, { retries: 2 });
    expect(addUp(second, skewed, retried, first)).toMatchObject({ exception: "A('second')", retries: 2 });
  });

  it('is REJECTED though it had started, and RECEIVED when it comes back', () => {
    const rejected = event('rejected', 4, { requeue: true });
    expect(addUp(received, started, rejected)).toMatchObject({ state: 'REJECTED', timestamp: 4 });
    expect(addUp(received, started, rejected, event('received', 5))).toMatchObject({ state: 'RECEIVED', timestamp: 5 });
  });

  it('shows the latest custom state while it runs, and remembers it when it is over', () => {
    const half = event('progress', 3.5);
    const cancelled = event('cancelled', 3.7);
    expect(addUp(started, half)).toMatchObject({ state: 'PROGRESS', timestamp: 3.5 });
    expect(addUp(started, cancelled, half)).toMatchObject({ state: 'CANCELLED', timestamp: 3.7 });
    expect(addUp(started, half, succeeded)).toMatchObject({ state: 'SUCCESS', customState: 'PROGRESS', customAt: 3.5 });
  });

  it('knows no name when an unregistered task fails, nor when it is revoked before it was received', () => {
    const unknown = event('failed', 1, { exception: "NotRegistered('x')" });
    expect(addUp(unknown)).toMatchObject({ state: 'FAILURE', name: null, traceback: null, worker: 'w1@host' });
    expect(addUp(event('revoked', 1, { expired: true }))).toMatchObject({ state: 'REVOKED', name: null });
  });

  it('belongs to the worker that spoke last of it', () => {
    expect(addUp(event('started', 6, { hostname: 'w2@host' }), received, started).worker).toBe('w2@host');
  });

  it('takes a replaced message whole, and nothing of the one before', () => {
    const first = event('received', 2, { name: 'a', args: '(1,)', eta: '2026-11-20T05:00:00+00:00' });
    const second = event('received', 3, { name: 'b', kwargs: '{}' });
    expect(addUp(second, first)).toMatchObject({ name: 'b', args: null, kwargs: '{}', eta: null });
  });
});
