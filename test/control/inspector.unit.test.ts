import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Inspector, type InspectorSources } from '../../server/control/inspector.ts';
import type { ControlAnswer, RemoteControl } from '../../server/control/remote-control.ts';
import { readStored } from '../../server/control/stored-inspection.ts';
import { AppError } from '../../server/errors.ts';

/** A cluster whose workers answer what a test says. */
class Scene {
  /** By host name and method. */
  workers = new Map<string, Record<string, unknown>>();
  asked: { method: string; destination: readonly string[] | undefined }[] = [];
  stored = new Map<string, string>();
  log: string[] = [];
  brokerFails = false;
  inspector: Inspector;

  constructor(options: { everyMs?: number; maxWorkers?: number; redact?: InspectorSources['redact'] } = {}) {
    const { everyMs = 60_000, maxWorkers = 100, redact = (_key, value) => value } = options;
    this.inspector = new Inspector(
      {
        control: { ask: (method, _args, asked) => this.#answer(method, asked) },
        redact,
        save: (saved) => {
          for (const [hostname, json] of saved) {
            if (json === null) this.stored.delete(hostname);
            else this.stored.set(hostname, json);
          }
        },
        log: { info: (message) => void this.log.push(message), warn: (message) => void this.log.push(message) },
        now: () => Date.now() / 1000,
      },
      { inspectTimeoutMs: 1000, everyMs, maxWorkers },
    );
  }

  async #answer(
    method: string,
    { destination, keep = (value) => value }: Parameters<RemoteControl['ask']>[2],
  ): Promise<Map<string, ControlAnswer>> {
    this.asked.push({ method, destination });
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (this.brokerFails) throw new AppError('broker_unavailable', 'The broker cannot be reached now');
    const told = [...this.workers].filter(([name]) => destination?.includes(name) ?? true);
    return new Map(
      told.flatMap(([name, answers]) =>
        method in answers ? [[name, { ok: true, value: keep(answers[method]) } as const]] : [],
      ),
    );
  }

  async refresh(hostname?: string): Promise<void> {
    const refreshed = this.inspector.refresh(hostname);
    await vi.advanceTimersByTimeAsync(100);
    await refreshed;
  }
}

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000_000 }));
afterEach(() => void vi.useRealTimers());

describe('an inspection', () => {
  it('is one broadcast for each method, at the start and then again and again', async () => {
    const scene = new Scene();
    scene.workers.set('w1@a', { active: [], conf: {} }).set('w2@a', { active: [] });
    scene.inspector.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(scene.asked.map(({ method }) => method)).toEqual([
      'stats',
      'active_queues',
      'registered',
      'scheduled',
      'active',
      'reserved',
      'revoked',
      'conf',
    ]);
    expect(scene.inspector.list().map(([name]) => name)).toEqual(['w1@a', 'w2@a']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(scene.asked).toHaveLength(16);
    scene.inspector.stop();
  });

  it('asks a worker that comes online until it answers', async () => {
    const scene = new Scene({ everyMs: 0 });
    scene.inspector.start();
    scene.inspector.askSoon('w1@a');
    await vi.advanceTimersByTimeAsync(2000);
    expect(scene.inspector.find('w1@a')).toBeUndefined();
    scene.workers.set('w1@a', { active: [] });
    await vi.advanceTimersByTimeAsync(1500);
    expect(scene.inspector.find('w1@a')).toMatchObject({ active: [] });
    const before = scene.asked.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(scene.asked.length).toBe(before);
    expect(scene.asked.at(-1)?.destination).toEqual(['w1@a']);
  });

  it('asks a worker that is heard and never answered, once', async () => {
    const scene = new Scene({ everyMs: 0 });
    scene.inspector.start();
    await vi.advanceTimersByTimeAsync(2000);
    scene.workers.set('w1@a', { active: [] });
    scene.inspector.meet('w1@a');
    await vi.advanceTimersByTimeAsync(2000);
    expect(scene.inspector.find('w1@a')).toMatchObject({ active: [] });
    const before = scene.asked.length;
    scene.inspector.meet('w1@a');
    scene.inspector.meet('mute@a');
    await vi.advanceTimersByTimeAsync(20_000);
    const asked = scene.asked.length;
    scene.inspector.meet('mute@a');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked).toBeGreaterThan(before);
    expect(scene.asked.length).toBe(asked);
    expect(scene.asked.at(-1)?.destination).toEqual(['mute@a']);
  });

  it('keeps of a worker what it does not answer now, and says as of when', async () => {
    const scene = new Scene();
    scene.workers.set('w1@a', { active: [], stats: { pid: 7 } });
    await scene.refresh();
    scene.workers.set('w1@a', { active: [{ id: 'a' }] });
    await scene.refresh();
    expect(scene.inspector.find('w1@a')).toEqual({
      active: [{ id: 'a' }],
      stats: { pid: 7 },
      timestamp: 1_000_000 + 0.2,
    });
    scene.workers.clear();
    await scene.refresh();
    expect(scene.inspector.find('w1@a')?.timestamp).toBe(1_000_000 + 0.2);
  });

  it('that many ask for at once is two at most, and the second began after they asked', async () => {
    const scene = new Scene();
    const all = Promise.all(Array.from({ length: 50 }, () => scene.inspector.refresh()));
    await vi.advanceTimersByTimeAsync(200);
    await all;
    expect(scene.asked).toHaveLength(16);
  });

  it('of a broker that is down fails, and is told once', async () => {
    const scene = new Scene({ everyMs: 1000 });
    scene.brokerFails = true;
    scene.inspector.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect(scene.log).toEqual(['workers cannot be inspected now']);
    scene.brokerFails = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(scene.log.at(-1)).toBe('workers can be inspected again');
    scene.inspector.stop();
  });

  it('knows the tasks that workers have registered, whatever their attributes', async () => {
    const scene = new Scene();
    scene.workers.set('w1@a', { registered: ['tasks.add', 'tasks.mail [rate_limit=10/m]'] });
    await scene.refresh();
    const known = ['tasks.add', 'tasks.mail', 'tasks.ma', 'tasks'].filter((name) => scene.inspector.knowsTask(name));
    expect(known).toEqual(['tasks.add', 'tasks.mail']);
  });
});

describe('what is shown of an inspection', () => {
  it('has no credentials in it', async () => {
    const scene = new Scene();
    const broker = {
      hostname: 'rabbit',
      userid: 'guest',
      alternates: ['amqp://guest:hunter2@b//'],
      transport_options: { sentinel_kwargs: { password: 'hunter2' } },
    };
    const conf = {
      broker_url: 'amqp://guest:hunter2@rabbit//',
      s3_secret_access_key: 'hunter2',
      azureAccountKey: 'hunter2',
      result_backend: 'redis://:hunter2@redis/1',
      beat_schedule: "{'a': <task at https://u:hunter2@x/>}",
      security_key_password: null,
      task_default_routing_key: 'celery',
      task_routes: { 'tasks.*': { routing_key: 'mail' } },
    };
    scene.workers.set('w1@a', { stats: { broker, pid: 7 }, conf });
    await scene.refresh();
    const shown = scene.inspector.find('w1@a');
    expect(JSON.stringify([shown, scene.stored.get('w1@a')])).not.toContain('hunter2');
    expect(shown?.stats).toMatchObject({ pid: 7, broker: { hostname: 'rabbit', userid: 'guest' } });
    expect(shown?.stats).not.toHaveProperty('broker.alternates');
    expect(shown?.conf).toMatchObject({
      security_key_password: null,
      task_default_routing_key: 'celery',
      task_routes: { 'tasks.*': { routing_key: 'mail' } },
    });
  });

  it('has in it of arguments what is not redacted', async () => {
    const redact = (key: string, value: unknown): unknown => `[${key} of ${typeof value}]`;
    const scene = new Scene({ redact });
    const task = { id: 'a', name: 'tasks.charge', args: "('4711',)", kwargs: '{}' };
    scene.workers.set('w1@a', { active: [task], scheduled: [{ eta: 'x', request: { ...task, args: [4711] } }] });
    await scene.refresh();
    expect(scene.inspector.find('w1@a')).toMatchObject({
      active: [{ id: 'a', name: 'tasks.charge', args: '[args of string]', kwargs: '[kwargs of string]' }],
      scheduled: [{ eta: 'x', request: { args: '[args of object]' } }],
    });
  });

  it('is bounded, and says where it was cut', async () => {
    const scene = new Scene({ maxWorkers: 3 });
    const ids = Array.from({ length: 5000 }, (_, at) => `id-${at}`);
    for (let at = 0; at < 5; at++) scene.workers.set(`w${at}@a`, { revoked: ids, conf: { long: 'x'.repeat(50_000) } });
    await scene.refresh();
    expect(scene.inspector.list()).toHaveLength(3);
    expect(scene.inspector.list()[0]?.[1]).toMatchObject({ cut: { revoked: 5000 } });
    expect(scene.inspector.list()[0]?.[1].revoked).toHaveLength(1000);
    expect(scene.stored.size).toBe(3);
    for (const json of scene.stored.values()) expect(json.length).toBeLessThanOrEqual(65_536);
  });
});

describe('what is stored of an inspection', () => {
  it('is there again after a restart, unless something newer is known', async () => {
    const scene = new Scene();
    scene.workers.set('w1@a', { conf: { timezone: 'UTC' } });
    await scene.refresh();
    const after = new Scene();
    after.inspector.load([...scene.stored].map(([hostname, json]) => [hostname, readStored(json)]));
    expect(after.inspector.find('w1@a')).toEqual(scene.inspector.find('w1@a'));
    after.inspector.load([['w1@a', { timestamp: 5 }]]);
    expect(after.inspector.find('w1@a')?.conf).toEqual({ timezone: 'UTC' });
  });

  it('is not written again for a counter, and is up to date after a stop', async () => {
    const scene = new Scene();
    scene.workers.set('w1@a', { stats: { uptime: 1 }, conf: {} });
    await scene.refresh();
    scene.workers.set('w1@a', { stats: { uptime: 2 }, conf: {} });
    await scene.refresh();
    expect(readStored(scene.stored.get('w1@a')!).stats).toEqual({ uptime: 1 });
    scene.inspector.stop();
    expect(readStored(scene.stored.get('w1@a')!).stats).toEqual({ uptime: 2 });
  });

  it('has no values of arguments in it, which their senders may have hidden', async () => {
    const scene = new Scene();
    scene.workers.set('w1@a', {
      reserved: [{ id: 'a', args: ['hunter2'], kwargs: { a: 1 } }],
      scheduled: [{ eta: 'x', request: { id: 'b', args: "('shown',)", kwargs: { hunter2: 1 } } }],
    });
    await scene.refresh();
    const json = scene.stored.get('w1@a')!;
    expect(json).not.toContain('hunter2');
    expect(readStored(json).scheduled).toEqual([{ eta: 'x', request: { id: 'b', args: "('shown',)", kwargs: null } }]);
  });
});
