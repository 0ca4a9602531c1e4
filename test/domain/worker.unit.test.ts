import { describe, expect, it } from 'vitest';
import type { CeleryEvent } from '../../server/celery/event.ts';
import { isAlive, isOfWorker, reduceWorker, type Worker } from '../../server/domain/worker.ts';

const stats = { active: 1, processed: 7, loadavg: [0.5, 0.25, 0] };
const software = { sw_ident: 'py-celery', sw_ver: '5.6.3', sw_sys: 'Linux' };

function event(type: string, timestamp: number, fields: Partial<CeleryEvent> = {}): CeleryEvent {
  return { type, hostname: 'w1@host', timestamp, clock: timestamp, pid: 10, ...fields };
}

function workerEvent(subject: string, timestamp: number, fields: Partial<CeleryEvent> = {}): CeleryEvent {
  return event(`worker-${subject}`, timestamp, { freq: 2, ...stats, ...software, ...fields });
}

function addUp(...all: [CeleryEvent, receivedAt: number][]): Worker {
  return all.reduce<Worker | undefined>((worker, [one, at]) => reduceWorker(worker, one, at), undefined) as Worker;
}

describe('a worker', () => {
  it('adds up to everything that its events told', () => {
    const worker = addUp([workerEvent('online', 1), 100], [workerEvent('heartbeat', 3, { processed: 8 }), 102]);
    expect(worker).toEqual({
      hostname: 'w1@host',
      firstSeen: 100,
      lastSeen: 102,
      lastHeartbeat: 102,
      offlineAt: null,
      eventAt: 3,
      pid: 10,
      clock: 3,
      freq: 2,
      statsAt: 3,
      active: 1,
      processed: 8,
      loadavg: [0.5, 0.25, 0],
      swIdent: 'py-celery',
      swVer: '5.6.3',
      swSys: 'Linux',
    });
  });

  it('keeps its counts when a requested heartbeat comes without them', () => {
    const requested = event('worker-heartbeat', 2, { freq: 5, ...software });
    expect(addUp([workerEvent('heartbeat', 1), 100], [requested, 101])).toMatchObject({
      ...stats,
      freq: 5,
      statsAt: 1,
    });
  });

  it('has the pid of its new process after a restart, though an old heartbeat arrives late', () => {
    const late = workerEvent('heartbeat', 5, { pid: 10 });
    expect(addUp([workerEvent('online', 9, { pid: 20 }), 109], [late, 110]).pid).toBe(20);
  });

  it('says nothing of clients: a sent event comes from none of the workers', () => {
    expect(isOfWorker(event('task-sent', 1))).toBe(false);
    expect(isOfWorker(event('task-received', 1))).toBe(true);
    expect(isOfWorker(event('worker-heartbeat', 1))).toBe(true);
    expect(isOfWorker(event('myapp-thing', 1))).toBe(false);
  });
});

describe('a worker is alive', () => {
  it('strictly less than two heartbeat intervals after the last one, by our own clock', () => {
    const worker = addUp([workerEvent('heartbeat', 5_000_000), 100]);
    expect(isAlive(worker, 103.999)).toBe(true);
    expect(isAlive(worker, 104)).toBe(false);
  });

  it('for two minutes when it is known by its tasks alone', () => {
    const worker = addUp([event('task-started', 1), 100]);
    expect(isAlive(worker, 219.9)).toBe(true);
    expect(isAlive(worker, 220)).toBe(false);
  });

  it('when a task event arrives though heartbeats do not', () => {
    const worker = addUp([workerEvent('heartbeat', 1), 100], [event('task-succeeded', 7), 106]);
    expect(isAlive(worker, 109)).toBe(true);
  });

  it('no more once it said that it stops, whatever its last tasks report', () => {
    const worker = addUp(
      [workerEvent('heartbeat', 1), 100],
      [workerEvent('offline', 2), 101],
      [event('task-succeeded', 3), 102],
    );
    expect(isAlive(worker, 102)).toBe(false);
    expect(worker.lastSeen).toBe(102);
  });

  it('no more when a heartbeat was made in the moment of its stop', () => {
    const worker = addUp([workerEvent('offline', 2), 101], [workerEvent('heartbeat', 2), 102]);
    expect(isAlive(worker, 102)).toBe(false);
  });

  it('again after a restart, though its old offline event arrives last', () => {
    const worker = addUp([workerEvent('online', 5), 105], [workerEvent('offline', 2), 106]);
    expect(isAlive(worker, 107)).toBe(true);
  });
});
