import { expect, test } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import { reduceTask, type Task } from '../../server/domain/task.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { sampleTask } from '../helpers/samples.ts';

test('a task has the keys of Flower, and every value under its own key', () => {
  expect(toTaskBody(sampleTask(), ['child-1', 'child-2'])).toEqual({
    uuid: 'a3b1c8de-1111-4222-8333-444455556666',
    name: 'tasks.add',
    state: 'SUCCESS',
    received: 999,
    sent: 998.25,
    started: 999.5,
    rejected: null,
    succeeded: 1000.5,
    failed: null,
    retried: null,
    revoked: null,
    args: '(2, 2)',
    kwargs: '{}',
    eta: null,
    expires: null,
    retries: 0,
    result: '4',
    exception: null,
    timestamp: 1000.5,
    runtime: 0.75,
    traceback: null,
    exchange: '',
    routing_key: 'celery',
    clock: 17,
    client: 'gen42@host',
    root: 'the-root',
    root_id: 'the-root',
    parent: 'the-parent',
    parent_id: 'the-parent',
    children: ['child-1', 'child-2'],
    worker: 'celery@host',
  });
});

test('an end is told under its own key', () => {
  const ended = sampleTask({
    failed: 1,
    retried: 2,
    revoked: 3,
    rejected: 4,
    exception: 'E()',
    traceback: 'T',
    eta: 'e',
    expires: 'x',
  });
  const body = toTaskBody(ended, []);
  expect(body).toMatchObject({
    failed: 1,
    retried: 2,
    revoked: 3,
    rejected: 4,
    exception: 'E()',
    traceback: 'T',
    eta: 'e',
    expires: 'x',
  });
});

test('the worker is absent while it is unknown', () => {
  expect(toTaskBody(sampleTask({ worker: null }), [])).not.toHaveProperty('worker');
});

test('fields that no event told are named, and hold what was inferred', () => {
  const started: TaskEvent = { type: 'task-started', uuid: 'u', hostname: 'w1@host', timestamp: 1, clock: 1 };
  const result = { source: 'result', state: 'SUCCESS', result: '7', routing_key: 'mail' };
  const inferred = { ...started, type: 'task-inferred', hostname: 'herbarium', timestamp: 5, ...result };
  const body = toTaskBody([started, inferred].reduce<Task | undefined>(reduceTask, undefined)!, []);
  expect(body).toMatchObject({ state: 'SUCCESS', result: '7', succeeded: 5, started: 1, worker: 'w1@host' });
  expect(body.inferred).toEqual(['state', 'timestamp', 'succeeded', 'routing_key', 'result']);
  expect(toTaskBody(sampleTask(), [])).not.toHaveProperty('inferred');
});
