import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import type { TaskInfo } from '../../server/celery/inspect-reply.ts';
import type { OpenTask } from '../../server/control/reconcile.ts';
import { Reconciler, type IngestView, type ReconcilerSources } from '../../server/control/reconciler.ts';
import type { RemoteControl } from '../../server/control/remote-control.ts';
import { AppError } from '../../server/errors.ts';

const options = { inspectTimeoutMs: 1000, lostAfterS: 30, everyMs: 30_000, settleMs: 100 };

/** A cluster of one worker, w1@a, which has or has not what a test says. */
class Scene {
  tasks = new Map<string, OpenTask>();
  active: TaskInfo[] = [];
  answers = true;
  /** Methods whose answers come too late. */
  late: string[] = [];
  uptimeS: number | null = null;
  starts = 1;
  heartbeat: number | null = 0;
  results = new Map<string, object>();
  broker: { connected: boolean; since: number | null } = { connected: false, since: null };
  figures = { backlog: 0, lag_ms: 0, dropped: 0 };
  brokerFails = false;
  asked: string[] = [];
  inferred: TaskEvent[] = [];
  log: string[] = [];
  #listeners: ((status: IngestView) => void)[] = [];

  add(uuid: string, state: string, worker: string | null = 'w1@a'): void {
    const timestamp = Date.now() / 1000 - 1;
    this.tasks.set(uuid, { uuid, state, timestamp, worker, isNamed: true, isDescribed: true });
  }

  connect(): void {
    this.broker = { connected: true, since: Date.now() / 1000 };
    for (const listener of this.#listeners) listener(this.status());
  }

  disconnect(): void {
    this.broker = { connected: false, since: Date.now() / 1000 };
    for (const listener of this.#listeners) listener(this.status());
  }

  status = (): IngestView => ({ brokers: [this.broker], ingest: this.figures });

  sources(): ReconcilerSources {
    const isEnd = (state: string) => ['SUCCESS', 'FAILURE', 'REVOKED'].includes(state);
    const inspect = (method: string): Promise<Map<string, unknown>> => {
      this.asked.push(method);
      if (this.brokerFails) return Promise.reject(new AppError('broker_unavailable', 'gone'));
      const values: Record<string, unknown> = { stats: { uptimeS: this.uptimeS }, active: this.active };
      const value = values[method] ?? [];
      return Promise.resolve(
        new Map(this.answers && !this.late.includes(method) ? [['w1@a', { ok: true, value }]] : []),
      );
    };
    return {
      control: { inspect: inspect as RemoteControl['inspect'] },
      results: {
        read: (uuids) => Promise.resolve(new Map([...this.results].filter(([id]) => uuids.includes(id))) as never),
      },
      tasks: {
        list: ({ pending, notOf, limit }) =>
          Promise.resolve(
            [...this.tasks.values()]
              .filter(
                ({ state, worker }) =>
                  !isEnd(state) &&
                  (pending || !['PENDING', 'RETRY', 'LOST'].includes(state)) &&
                  !notOf?.includes(worker ?? ''),
              )
              .slice(0, limit),
          ),
        find: (uuids) => Promise.resolve(uuids.flatMap((uuid) => this.tasks.get(uuid) ?? [])),
      },
      workers: () => {
        const alive = this.heartbeat !== null && Date.now() / 1000 - this.heartbeat < 4;
        const events = { 'worker-online': this.starts };
        return [{ hostname: 'w1@a', alive, last_heartbeat: this.heartbeat, events }];
      },
      ingest: {
        status: this.status,
        onState: (listener) => void this.#listeners.push(listener),
        infer: (events) => void this.inferred.push(...events),
      },
      log: {
        info: (message) => void this.log.push(message),
        warn: (message) => void this.log.push(message),
      },
      now: () => Date.now() / 1000,
    };
  }

  told(): [uuid: string, source: unknown][] {
    return this.inferred.map(({ uuid, source }) => [uuid, source]);
  }
}

const running = (id: string): TaskInfo => {
  return { id, name: 'n', args: '()', kwargs: '{}', startedAt: 1, exchange: '', routingKey: 'q', eta: null };
};
const success = { status: 'SUCCESS', doneAt: 5, result: '7' };

describe('open tasks', () => {
  let scene: Scene;
  let reconciler: Reconciler;
  const seconds = (n: number) => vi.advanceTimersByTimeAsync(n * 1000);
  const start = (more: object = {}): void => {
    reconciler = new Reconciler(scene.sources(), { ...options, ...more });
    reconciler.start();
  };

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
    scene = new Scene();
    scene.heartbeat = Date.now() / 1000;
  });
  afterEach(async () => {
    await reconciler.stop();
    vi.useRealTimers();
  });

  it('are checked once the broker is connected, and not before', async () => {
    scene.add('a', 'STARTED');
    scene.results.set('a', success);
    start();
    await seconds(60);
    expect(scene.asked).toEqual([]);
    scene.connect();
    await seconds(1);
    expect(scene.told()).toEqual([['a', 'result']]);
  });

  it('are checked again after each disconnection', async () => {
    start();
    scene.connect();
    await seconds(1);
    scene.disconnect();
    scene.add('a', 'PENDING', null);
    scene.active = [running('a')];
    await seconds(1);
    expect(scene.told()).toEqual([]);
    scene.connect();
    await seconds(1);
    expect(scene.told()).toEqual([['a', 'active']]);
  });

  it('are checked again when messages were dropped', async () => {
    start();
    scene.connect();
    await seconds(1);
    scene.add('a', 'PENDING', null);
    scene.active = [running('a')];
    await seconds(35);
    expect(scene.told()).toEqual([]);
    scene.figures.dropped = 9;
    await seconds(30);
    expect(scene.told()).toEqual([['a', 'active']]);
  });

  it('are left alone when their events were only on their way', async () => {
    scene.add('a', 'STARTED');
    scene.results.set('a', success);
    start();
    scene.connect();
    await seconds(0.05);
    scene.add('a', 'SUCCESS');
    await seconds(1);
    expect(scene.told()).toEqual([]);
  });

  it('that a worker runs and nobody heard of are introduced', async () => {
    scene.active = [running('stranger'), running('ended')];
    scene.add('ended', 'SUCCESS');
    start();
    scene.connect();
    await seconds(1);
    expect(scene.told()).toEqual([['stranger', 'active']]);
  });

  it('are bounded in number', async () => {
    for (let n = 0; n < 50; n++) {
      scene.add(`t${n}`, 'STARTED');
      scene.results.set(`t${n}`, success);
    }
    start({ maxTasks: 20 });
    scene.connect();
    await seconds(1);
    expect(scene.told()).toHaveLength(20);
  });

  it('of a worker that falls silent are lost in time, once', async () => {
    start();
    scene.connect();
    scene.add('a', 'STARTED');
    scene.answers = false;
    await seconds(29);
    expect(scene.told()).toEqual([]);
    await seconds(62);
    expect(scene.told().at(0)).toEqual(['a', 'lost']);
    scene.tasks.get('a')!.state = 'LOST';
    const { length } = scene.inferred;
    await seconds(120);
    expect(scene.inferred).toHaveLength(length);
  });

  it('of a silent worker that still answers are not lost', async () => {
    start();
    scene.connect();
    scene.add('a', 'STARTED');
    await seconds(120);
    expect(scene.told()).toEqual([]);
    expect(scene.asked.length).toBeGreaterThan(5);
  });

  it('of a worker that was started anew under its name are lost', async () => {
    start();
    scene.connect();
    scene.add('old', 'STARTED');
    await seconds(31);
    scene.starts = 2;
    scene.uptimeS = 29;
    scene.heartbeat = Date.now() / 1000 + 60;
    await seconds(5);
    scene.add('new', 'STARTED');
    await seconds(25);
    expect(scene.told()).toEqual([['old', 'lost']]);
  });

  it('of a worker that was started anew before the first look, and told its age too late, are lost', async () => {
    scene.starts = 0;
    start();
    scene.connect();
    scene.add('old', 'STARTED');
    await seconds(20);
    scene.starts = 1;
    scene.heartbeat = Date.now() / 1000 + 600;
    await seconds(6);
    scene.late = ['stats'];
    await seconds(30);
    expect(scene.told()).toEqual([]);
    scene.late = [];
    scene.uptimeS = 36;
    await seconds(30);
    expect(scene.told()).toEqual([['old', 'lost']]);
  });

  it('are not lost for the time in which we did not listen ourselves', async () => {
    scene.answers = false;
    scene.heartbeat = Date.now() / 1000 - 3600;
    scene.add('a', 'STARTED');
    start();
    await seconds(10);
    scene.connect();
    await seconds(21);
    expect(scene.told()).toEqual([]);
    scene.disconnect();
    await seconds(60);
    scene.connect();
    await seconds(20);
    expect(scene.told()).toEqual([]);
    await seconds(40);
    expect(scene.told()).toEqual([['a', 'lost']]);
  });

  it('are not lost while heartbeats wait to be read', async () => {
    start();
    scene.connect();
    scene.add('a', 'STARTED');
    scene.answers = false;
    scene.figures = { backlog: 5000, lag_ms: 40_000, dropped: 0 };
    await seconds(120);
    expect(scene.told()).toEqual([]);
  });

  it('are checked again when a living worker answered too late, but ever more rarely', async () => {
    scene.answers = false;
    scene.heartbeat = Date.now() / 1000 + 1e6;
    start();
    scene.connect();
    await seconds(45);
    scene.answers = true;
    scene.add('a', 'RECEIVED');
    scene.active = [running('a')];
    await seconds(31);
    expect(scene.told()).toEqual([['a', 'active']]);
    scene.answers = false;
    scene.asked = [];
    scene.figures.dropped = 1;
    await seconds(3600);
    const asked = scene.asked.filter((method) => method === 'active').length;
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(15);
  });

  it('cost no question to anyone while all workers are heard', async () => {
    start();
    scene.connect();
    await seconds(1);
    scene.add('a', 'STARTED');
    scene.asked = [];
    for (let n = 0; n < 100; n++) {
      scene.heartbeat = Date.now() / 1000;
      await seconds(1);
    }
    expect(scene.asked).toEqual([]);
  });

  it('are checked later when the broker fails meanwhile, which is said', async () => {
    scene.add('a', 'STARTED');
    scene.results.set('a', success);
    scene.brokerFails = true;
    start();
    scene.connect();
    await seconds(100);
    expect(scene.log).toEqual(['open tasks could not be checked; they will be later']);
    scene.brokerFails = false;
    await seconds(31);
    expect(scene.told()).toEqual([['a', 'result']]);
  });
});
