/** The named differences from Celery that no recorded stream happens to show, each as a check of its own. */
import { expect } from 'vitest';
import type { CeleryEvent, TaskEvent } from '../../server/celery/event.ts';
import type { DifferenceId } from '../../server/domain/differences.ts';
import { reduceTask, type Task } from '../../server/domain/task.ts';
import { isAlive, reduceWorker, type Worker } from '../../server/domain/worker.ts';

function taskEvent(subject: string, timestamp: number, fields: Record<string, unknown> = {}): TaskEvent {
  return { type: `task-${subject}`, uuid: 'u', hostname: 'w@h', timestamp, clock: 1, ...fields };
}

function workerEvent(subject: string, timestamp: number, fields: Record<string, unknown> = {}): CeleryEvent {
  return { type: `worker-${subject}`, hostname: 'w@h', timestamp, clock: 1, freq: 2, pid: 10, ...fields };
}

function addUp(...events: TaskEvent[]): Task {
  return events.reduce<Task | undefined>(reduceTask, undefined) as Task;
}

function addUpWorker(...events: [CeleryEvent, receivedAt: number][]): Worker {
  return events.reduce<Worker | undefined>(
    (worker, [event, at]) => reduceWorker(worker, event, at),
    undefined,
  ) as Worker;
}

export const focusedDifferences: Partial<Record<DifferenceId, () => void>> = {
  'runs-by-time': () => {
    const run = [taskEvent('received', 1), taskEvent('started', 2), taskEvent('retried', 3)];
    expect(addUp(...run, taskEvent('sent', 4))).toMatchObject({ state: 'RETRY', timestamp: 3 });
    expect(addUp(...run, taskEvent('progress', 2.5))).toMatchObject({ state: 'RETRY', customState: 'PROGRESS' });
    expect(addUp(...run, taskEvent('received', 5))).toMatchObject({ state: 'RECEIVED', timestamp: 5 });
    expect(addUp(...run, taskEvent('received', 5), taskEvent('progress', 6))).toMatchObject({ state: 'PROGRESS' });
  },
  'revoked-over-custom': () => {
    expect(addUp(taskEvent('revoked', 1), taskEvent('progress', 2))).toMatchObject({ state: 'REVOKED', timestamp: 1 });
  },
  'error-is-whole': () => {
    const retried = taskEvent('retried', 2, { exception: 'OSError()', traceback: 'of the retry' });
    const failed = taskEvent('failed', 1, { exception: "NotRegistered('x')" });
    expect(addUp(retried, failed)).toMatchObject({ exception: "NotRegistered('x')", traceback: null });
  },
  'fields-by-subject': () => {
    const received = taskEvent('received', 1, { name: 'shop.pay', args: '(1,)' });
    const custom = taskEvent('progress', 2, { name: 'step two', args: 'x', result: '50 %', queue: 'q', retries: 9 });
    const expected = { name: 'shop.pay', args: '(1,)', result: null, queue: null, retries: null };
    expect(addUp(received, custom)).toMatchObject(expected);
  },
  'fields-have-types': () => {
    const event = taskEvent('received', 1, { name: 7, args: [1, { a: 2 }], kwargs: true, eta: NaN, retries: '3' });
    expect(addUp(event)).toMatchObject({ name: '7', args: '[1,{"a":2}]', kwargs: 'true', eta: 'NaN', retries: null });
    expect(addUp(taskEvent('succeeded', 1, { runtime: Infinity })).runtime).toBeNull();
  },
  'elections-say-nothing': () => {
    const heartbeat = workerEvent('heartbeat', 1, { sw_ver: '5.6.3' });
    const elect = { type: 'worker-elect', hostname: 'w@h', timestamp: 2, clock: 99, pid: 11, id: 'x', topic: 't' };
    const custom = { type: 'worker-note', hostname: 'w@h', timestamp: 3, clock: 99, pid: 12 };
    const worker = addUpWorker([heartbeat, 100], [elect, 102], [custom, 103]);
    expect(worker).toMatchObject({ pid: 10, clock: 1, freq: 2, swVer: '5.6.3', lastHeartbeat: 103 });
  },
  'life-by-own-clock': () => {
    const worker = addUpWorker([workerEvent('heartbeat', 1), 100], [taskEvent('started', 7200), 101]);
    expect(isAlive(worker, 104.9)).toBe(true);
    expect(isAlive(worker, 105)).toBe(false);
  },
  'unknown-stops-are-kept': () => {
    const worker = addUpWorker([workerEvent('offline', 1), 100]);
    expect(worker).toMatchObject({ hostname: 'w@h', offlineAt: 1, lastHeartbeat: null });
    expect(isAlive(worker, 100)).toBe(false);
  },
};
