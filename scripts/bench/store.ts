/**
 * What it costs to store tasks: `npm run bench:store -- --tasks 200000 [--engine postgres]`. Writes them through the
 * store's own write path, batches as ingest makes them at `--rate` tasks/s, one right after the other; prints what a
 * task, an event and a commit cost, and where the bytes lie. `--record` appends it to bench/results.
 */
import Database from 'better-sqlite3';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openStoreWriter } from '../../server/store/open-store.ts';
import { startServices } from '../services/services.ts';
import { toStatePath } from '../services/state.ts';
import { toBatch, toFlushes } from './fill-store.ts';
import { recordResult } from './results.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '200000' },
    engine: { type: 'string', default: 'sqlite' },
    rate: { type: 'string', default: '2000' },
    flush: { type: 'string', default: '0.5' },
    record: { type: 'boolean', default: false },
  },
});
const options = { tasks: Number(values.tasks), rate: Number(values.rate), flushSeconds: Number(values.flush) };

interface Figures {
  tasks_per_s: number;
  events_per_s: number;
  /** Of this process; what a Postgres server spends comes on top. */
  cpu_us_per_event: number;
  commit_p50_ms: number;
  commit_p99_ms: number;
  commit_max_ms: number;
}

async function write(db: string): Promise<Figures> {
  let events = 0;
  let cpuUs = 0;
  const commitsMs: number[] = [];
  // The store's clock follows the events', so that segments and what waits for the text index do as in real life.
  const start = Date.now() / 1000 - options.tasks / options.rate;
  let now = start;
  const writer = await openStoreWriter({ db, segmentTasks: 1_000_000, segmentSeconds: 86_400, now: () => now });
  for (const flush of toFlushes(options.tasks, options.rate, options.flushSeconds, start)) {
    const batch = toBatch(flush);
    now += options.flushSeconds;
    events += flush.length;
    const cpu = process.cpuUsage();
    const startedMs = performance.now();
    await writer.write(batch);
    commitsMs.push(performance.now() - startedMs);
    const { user, system } = process.cpuUsage(cpu);
    cpuUs += user + system;
  }
  await writer.close();
  commitsMs.sort((a, b) => a - b);
  const seconds = commitsMs.reduce((sum, ms) => sum + ms, 0) / 1000;
  return {
    tasks_per_s: Math.round(options.tasks / seconds),
    events_per_s: Math.round(events / seconds),
    cpu_us_per_event: round(cpuUs / events),
    commit_p50_ms: round(commitsMs[Math.floor(commitsMs.length / 2)]!),
    commit_p99_ms: round(commitsMs[Math.floor(commitsMs.length * 0.99)]!),
    commit_max_ms: round(commitsMs.at(-1)!),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;

type Bytes = Record<string, number>;

/** By table and index of the segments; the parts of the text index together. */
function sizesInFolder(folder: string): Bytes {
  const bytes: Bytes = {};
  for (const file of readdirSync(join(folder, 'segments')).filter((name) => name.endsWith('.db'))) {
    const db = new Database(join(folder, 'segments', file), { readonly: true });
    const rows = db.prepare('SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name').all();
    for (const row of rows as { name: string; bytes: number }[]) {
      const name = row.name.startsWith('task_text') ? 'task_text' : row.name;
      bytes[name] = (bytes[name] ?? 0) + row.bytes;
    }
    db.close();
  }
  return bytes;
}

/** By table and index; partitions together. */
async function sizesInDatabase(url: string): Promise<Bytes> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ name: string; bytes: string }>(
    `SELECT regexp_replace(relname, '_\\d+(?=_|$)', '') AS name,
       sum(pg_relation_size(oid) + coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0)) AS bytes
     FROM pg_class WHERE relnamespace = 'herbarium'::regnamespace AND relkind IN ('r', 'i') GROUP BY 1`,
  );
  await client.end();
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, Number(bytes)]));
}

async function measure(db: string, readSizes: () => Bytes | Promise<Bytes>): Promise<void> {
  const figures = await write(db);
  const sizes = Object.entries(await readSizes()).sort(([, a], [, b]) => b - a);
  const perTask: Bytes = { all: 0 };
  for (const [name, bytes] of sizes) {
    perTask['all']! += bytes / options.tasks;
    if (bytes / options.tasks >= 0.5) perTask[name] = Math.round(bytes / options.tasks);
  }
  perTask['all'] = Math.round(perTask['all']!);
  console.table([{ engine: values.engine, ...options, ...figures }]);
  console.table(Object.entries(perTask).map(([name, bytes]) => ({ name, 'bytes a task': bytes })));
  if (values.record)
    await recordResult('store', { engine: values.engine, ...options, ...figures, bytes_per_task: perTask });
}

if (values.engine === 'postgres') {
  const say = (line: string) => console.error(line);
  const services = await startServices(['postgres'], {
    statePath: toStatePath(`bench-${process.pid}`),
    isOwned: true,
    say,
  });
  try {
    const { url } = services.services.postgres;
    await measure(url, () => sizesInDatabase(url));
  } finally {
    await services.stop();
  }
} else {
  const folder = mkdtempSync(join(tmpdir(), 'herbarium-bench-'));
  await measure(folder, () => sizesInFolder(folder)).finally(() => rmSync(folder, { recursive: true }));
}
