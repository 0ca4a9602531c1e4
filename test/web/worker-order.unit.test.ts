import { expect, it } from 'vitest';
import { createClient } from '../../web/src/api/client.ts';
import {
  addConsumer,
  cancelConsumer,
  limitRate,
  limitTime,
  restartPool,
  revokeTask,
  shrinkPool,
  shutDown,
  terminateTask,
  type WorkerOrder,
} from '../../web/src/models/worker-order.ts';

/** What is sent for an order: the path, and the form. */
async function send({ action, name, form }: WorkerOrder): Promise<string[]> {
  const sent: string[] = [];
  const client = createClient({
    base: 'http://host/',
    fetch: (input, init) => {
      sent.push(new URL(input).pathname, init?.body instanceof URLSearchParams ? init.body.toString() : '');
      expect(init?.method).toBe('POST');
      return Promise.resolve(Response.json({ message: 'done' }));
    },
  });
  expect(await client.act(action, name, form)).toEqual({ message: 'done' });
  return sent;
}

it('says it as Flower’s API takes it, whatever the names', async () => {
  expect(await send(shrinkPool('a@b/c', 2))).toEqual(['/api/worker/pool/shrink/a%40b%2Fc', 'n=2']);
  expect(await send(limitRate('a@b', 'tasks.add', ' '))).toEqual([
    '/api/task/rate-limit/tasks.add',
    'workername=a%40b&ratelimit=0',
  ]);
  expect(await send(terminateTask('id', 'SIGKILL'))).toEqual(['/api/task/revoke/id', 'terminate=true&signal=SIGKILL']);
});

it('leaves out what was not filled in', async () => {
  expect(await send(addConsumer('a@b', 'mail', '', 'key'))).toEqual([
    '/api/worker/queue/add-consumer/a%40b',
    'queue=mail&routing_key=key',
  ]);
  expect(await send(limitTime('a@b', 'tasks.add', null, 30))).toEqual([
    '/api/task/timeout/tasks.add',
    'workername=a%40b&hard=30',
  ]);
});

it('warns before what cannot be taken back, and names who it concerns', () => {
  expect(shutDown('a@b').warning).toContain('a@b');
  expect(cancelConsumer('a@b', 'mail').warning).toContain('mail');
  for (const order of [restartPool('a@b'), revokeTask('id'), terminateTask('id', 'SIGTERM')]) {
    expect(order.warning).not.toBeNull();
  }
  expect(shrinkPool('a@b', 1).warning).toBeNull();
});
