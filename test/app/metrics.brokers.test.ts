import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TaskBody, TaskEventBody } from '../../server/contract/tasks.ts';
import { runPython, startWorker } from '../helpers/celery.ts';
import { readExposition } from '../helpers/exposition.ts';
import type { RunningServer } from '../helpers/server.ts';
import { readServices } from '../helpers/services.ts';
import { getJson, patiently, readStatus, useBroker, useServer, useStore } from '../helpers/stage.ts';

const read = async ({ url }: RunningServer) => (await fetch(`${url}/metrics`)).text();
const scrape = async (server: RunningServer) => readExposition(await read(server));

/** What Prometheus' own checker has to say: nothing, where all is well. */
function check(metrics: string): string {
  const { stdout, stderr, status } = spawnSync(readServices().promtool, ['check', 'metrics'], {
    input: metrics,
    encoding: 'utf8',
  });
  return `${stdout}${stderr}${status === 0 ? '' : `exit code ${status}`}`;
}

const sendTasks = (brokerUrl: string) =>
  runPython(
    `import shop
for n in range(6):
    shop.app.send_task('shop.stock.reserve', ['moss', 1 if n % 3 else 100000])
    shop.app.send_task('shop.greetings.say', ['hello'])`,
    { brokerUrl },
  );

/** What `flower_events_total` has to say, from the events that the API tells of each task; clients left out. */
async function countByApi({ url }: RunningServer): Promise<Record<string, number>> {
  const tasks = await getJson<Record<string, TaskBody>>(`${url}/api/tasks`);
  const counts: Record<string, number> = {};
  for (const { uuid, name } of Object.values(tasks)) {
    const { events } = await getJson<{ events: TaskEventBody[] }>(`${url}/api/task/events/${uuid}`);
    for (const { type, hostname } of events.filter((event) => event.type !== 'task-sent')) {
      const key = `flower_events_total{worker="${hostname}",type="${type}",task="${name}"}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  return counts;
}

async function countByMetrics(server: RunningServer): Promise<Record<string, number>> {
  const samples = [...((await scrape(server)).get('flower_events_total')?.samples ?? [])];
  return Object.fromEntries(samples.filter(([key]) => !key.includes('task-sent')));
}

/** Waits until every task has ended. */
const untilDone = (server: RunningServer, tasks: number) =>
  vi.waitFor(async () => {
    const all = Object.values(await getJson<Record<string, TaskBody>>(`${server.url}/api/tasks`));
    expect(all.filter(({ state }) => ['SUCCESS', 'FAILURE'].includes(state))).toHaveLength(tasks);
  }, patiently);

describe.each([
  ['redis', 'sqlite'],
  ['amqp', 'postgres'],
] as const)('metrics, on %s and %s', (kind, engine) => {
  it('count what the API tells, also after a crash', async () => {
    const broker = await useBroker(kind);
    const { db } = await useStore(engine);
    const worker = await startWorker({ brokerUrl: broker, name: 'w1@metrics' });
    onTestFinished(() => worker.stop());
    const first = await useServer({ broker, db });
    await sendTasks(broker);
    await untilDone(first, 12);

    const families = await scrape(first);
    expect(check(await read(first))).toBe('');
    const expected = await countByApi(first);
    expect(expected['flower_events_total{worker="w1@metrics",type="task-failed",task="shop.stock.reserve"}']).toBe(2);
    expect(await countByMetrics(first)).toEqual(expected);
    const runs = families.get('flower_task_runtime_seconds')?.samples;
    expect(runs?.get('flower_task_runtime_seconds_count{worker="w1@metrics",task="shop.stock.reserve"}')).toBe(4);
    const prefetched = families.get('flower_worker_prefetched_tasks')?.samples.values() ?? [];
    expect([...prefetched].every((tasks) => tasks === 0)).toBe(true);
    expect(families.get('flower_worker_online')?.samples).toEqual(
      new Map([['flower_worker_online{worker="w1@metrics"}', 1]]),
    );
    expect(families.get('herbarium_store_tasks')?.samples.get('herbarium_store_tasks')).toBe(12);

    await first.kill();
    const second = await useServer({ broker, db });
    expect(await countByMetrics(second)).toEqual(expected);
    const { received } = (await readStatus(second)).ingest;
    await sendTasks(broker);
    await untilDone(second, 24);
    expect((await readStatus(second)).ingest.received).toBeGreaterThan(received);
    expect(await countByMetrics(second)).toEqual(await countByApi(second));
  });
});
