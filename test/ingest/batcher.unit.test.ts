import { describe, expect, test } from 'vitest';
import { readEvents } from '../../server/celery/read-events.ts';
import { reduceTask } from '../../server/domain/task.ts';
import { reduceWorker } from '../../server/domain/worker.ts';
import { Batcher, type BatcherSteps } from '../../server/ingest/batcher.ts';
import { taskEvent, toDelivery } from '../helpers/ingest.ts';

const steps: BatcherSteps = { readEvents, reduceTask, reduceWorker };
const broker = 'redis://host/0';

test("adds a task's events up to one task, and keeps each event in order", () => {
  const batcher = new Batcher();
  const received = taskEvent('a', 'received', { name: 'tasks.add' });
  const started = taskEvent('a', 'started');
  const succeeded = taskEvent('a', 'succeeded', { result: '3', runtime: 0.5 });
  batcher.add(toDelivery([received, started], 1), broker);
  batcher.add(toDelivery([succeeded], 2), broker);

  expect([...batcher.batch.tasks.keys()]).toEqual(['a']);
  expect(batcher.batch.tasks.get('a')).toMatchObject({
    state: 'SUCCESS',
    name: 'tasks.add',
    result: '3',
    runtime: 0.5,
  });
  expect(batcher.batch.taskEvents).toEqual([received, started, succeeded]);
  expect(batcher.entries).toHaveLength(3);
});

test('knows a worker from its own events and from those of its tasks, but not a client', () => {
  const batcher = new Batcher();
  const heartbeat = { type: 'worker-heartbeat', hostname: 'w2@beta', timestamp: 5, clock: 1, freq: 2, active: 1 };
  const sent = taskEvent('a', 'sent', { hostname: 'gen1@client' });
  const custom = { type: 'myapp-thing', hostname: 'gen2@client', timestamp: 6, clock: 2 };
  batcher.add(toDelivery([heartbeat, sent, custom, taskEvent('a', 'received')], 1), broker);

  expect([...batcher.batch.workers.keys()]).toEqual(['w2@beta', 'w1@alpha']);
  expect(batcher.batch.workers.get('w2@beta')).toMatchObject({ freq: 2, active: 1 });
  expect(batcher.batch.otherEvents.map((event) => event.type)).toEqual(['worker-heartbeat', 'myapp-thing']);
});

describe('what cannot be handled', () => {
  test('a message that is no JSON is a reject that names its broker, and the others stand', () => {
    const batcher = new Batcher();
    batcher.add(toDelivery([taskEvent('a', 'received')], 1), broker);
    batcher.add(toDelivery('{"type": ', 2), broker);
    batcher.add(toDelivery([taskEvent('b', 'received')], 3), broker);

    expect([...batcher.batch.tasks.keys()]).toEqual(['a', 'b']);
    expect(batcher.batch.rejects).toMatchObject([
      { broker, routingKey: 'task.multi', contentType: 'application/json', excerpt: '{"type": ' },
    ]);
  });

  test('an event that makes the reducer throw is a reject, and leaves no trace in the batch', () => {
    const batcher = new Batcher({
      ...steps,
      reduceWorker: (worker, event, at) => {
        if (event.type === 'task-started') throw new Error('boom');
        return reduceWorker(worker, event, at);
      },
    });
    batcher.add(
      toDelivery([taskEvent('a', 'received'), taskEvent('b', 'started'), taskEvent('c', 'received')], 1),
      broker,
    );

    expect([...batcher.batch.tasks.keys()]).toEqual(['a', 'c']);
    expect(batcher.batch.taskEvents.map((event) => event.uuid)).toEqual(['a', 'c']);
    expect(batcher.batch.rejects).toMatchObject([{ reason: 'boom' }]);
    expect(batcher.rejected).toBe(1);
  });

  test('a decoder that throws costs that message only', () => {
    const batcher = new Batcher({
      ...steps,
      readEvents: () => {
        throw new Error('broken decoder');
      },
    });
    batcher.add(toDelivery([taskEvent('a', 'received')], 1), broker);

    expect(batcher.batch.rejects).toMatchObject([{ reason: 'broken decoder' }]);
  });

  test('an event that cannot even be written out is rejected, and nothing else', () => {
    const deep: unknown[] = [];
    for (let list = deep, level = 0; level < 20_000; level++) list.push((list = []));
    const batcher = new Batcher({
      ...steps,
      readEvents: () => ({
        events: [{ ...taskEvent('a', 'received'), deep }],
        rejects: [],
        rejected: 0,
        longest: Infinity,
      }),
      reduceTask: () => {
        throw new Error('boom');
      },
    });
    batcher.add(toDelivery([], 1), broker);
    expect(batcher.batch.rejects).toMatchObject([
      { reason: 'boom', excerpt: expect.stringContaining('task-received') as string },
    ]);
  });

  test('a long list of garbage is counted in full and kept in part', () => {
    const batcher = new Batcher();
    batcher.add(toDelivery(`[${'1,'.repeat(499)}1]`, 1), broker);
    expect([batcher.rejected, batcher.batch.rejects.length]).toEqual([500, 100]);
  });

  test('a flood of garbage is counted in full and kept in part', () => {
    const batcher = new Batcher();
    for (let tag = 1; tag <= 500; tag++) batcher.add(toDelivery('garbage', tag), broker);

    expect(batcher.rejected).toBe(500);
    expect(batcher.batch.rejects).toHaveLength(100);
  });
});

test('an empty list of events, which workers do send, is nothing to store and nothing to complain of', () => {
  const batcher = new Batcher();
  batcher.add(toDelivery([], 1), broker);

  expect(batcher.isEmpty).toBe(true);
});
