import { expect, it } from 'vitest';
import type { TaskEventBody } from '../../server/contract/tasks.ts';
import { findQueue, toEventViews } from '../../web/src/models/task-event.ts';
import { taskBody } from '../helpers/bodies.ts';

const event = (type: string, timestamp: number, more: Record<string, unknown> = {}): TaskEventBody => ({
  ...more,
  type,
  uuid: 'a',
  hostname: 'a@host',
  timestamp,
  clock: 1,
  pid: 7,
});

it('shows each event with the time since the one before, and its state’s colour', () => {
  const views = toEventViews(
    [event('task-sent', 10), event('task-received', 9.5), event('task-my-step', 12)],
    taskBody(),
  );
  expect(views.map(({ type, tone, sinceLast }) => [type, tone, sinceLast])).toEqual([
    ['task-sent', 'pending', null],
    ['task-received', 'received', -0.5],
    ['task-my-step', 'custom', 2.5],
  ]);
});

it('shows every field that says something, structured ones as JSON, and not what is shown elsewhere', () => {
  const [view] = toEventViews(
    [
      event('task-revoked', 1, {
        terminated: false,
        signum: null,
        expired: true,
        note: '',
        utcoffset: 0,
        at: { x: [1] },
      }),
    ],
    taskBody(),
  );
  expect(view?.fields).toEqual([
    { name: 'terminated', text: 'false' },
    { name: 'expired', text: 'true' },
    { name: 'at', text: '{"x":[1]}' },
  ]);
});

it('tells what the task says as well apart from what only the event says', () => {
  const received = { name: 'shop.orders.price', args: "('4711',)", retries: 1, eta: 'tomorrow' };
  const [view] = toEventViews([event('task-received', 1, received)], taskBody());
  expect(view?.known.map(({ name }) => name)).toEqual(['name', 'args']);
  expect(view?.fields.map(({ name }) => name)).toEqual(['retries', 'eta']);
});

it('finds the queue in the latest event that tells it', () => {
  expect(findQueue([event('task-sent', 1, { queue: 'old' }), event('task-sent', 2, { queue: 'mail' })])).toBe('mail');
  expect(findQueue([event('task-received', 1)])).toBeNull();
});
