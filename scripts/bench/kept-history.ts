/**
 * Long histories for benches. In: how many tasks, over how many days. Out: a store that holds them, made through the
 * store's own write path the first time, and kept for the next run: in `.cache/bench`, or as a database of a Postgres
 * that stays up as the services' set `bench`. A run that is stopped while it builds is no loss. Measure on a copy what writes.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { openStoreWriter } from '../../server/store/open-store.ts';
import { startServices } from '../services/services.ts';
import { toStatePath } from '../services/state.ts';
import { toBatch } from './fill-store.ts';
import { eventsOfHistoryTask, historyVersion } from './history-tasks.ts';

export interface HistoryOptions {
  engine: 'sqlite' | 'postgres';
  tasks: number;
  days: number;
}

export interface KeptHistory {
  /** Where the store is: a folder or a `postgres://` URL. Not to be written to. */
  db: string;
  /** When its first task was sent, and when the one after its last would have been; epoch seconds. */
  start: number;
  end: number;
  /** How fast it was built. */
  built: { seconds: number; tasks_per_s: number };
  /** A store of its own with the same content. */
  copy(): Promise<{ db: string; remove(): Promise<void> }>;
}

/** As Herbarium's own options are. */
const segments = { segmentTasks: 1_000_000, segmentSeconds: 86_400 };
const tasksPerBatch = 2000;
const projectFolder = join(import.meta.dirname, '../..');
const folder = join(projectFolder, '.cache/bench');

/** Finds the history, or builds it, which takes a minute or two a million tasks. `say` hears how far it is. */
export async function openHistory(options: HistoryOptions, say: (line: string) => void): Promise<KeptHistory> {
  mkdirSync(folder, { recursive: true });
  const key = `${options.tasks}_${options.days}d_${schemaOf(options.engine)}_v${historyVersion}`;
  return options.engine === 'sqlite' ? openInFolder(key, options, say) : openInDatabase(key, options, say);
}

/** Short, and another for another schema. */
function schemaOf(engine: HistoryOptions['engine']): string {
  const kits = readdirSync(join(projectFolder, 'migrations')).filter((kit) => kit.startsWith(engine));
  const files = kits.flatMap((kit) => readdirSync(join(projectFolder, 'migrations', kit))).sort();
  return createHash('sha256').update(files.join()).digest('hex').slice(0, 8);
}

/** What is known of a history that is made, or half made: then the next run goes on with it. */
interface About {
  start: number;
  end: number;
  /** So many tasks are stored, at least. */
  done: number;
  seconds: number;
}

interface Place {
  db: string;
  aboutPath: string;
  options: HistoryOptions;
  say: (line: string) => void;
}

async function openInFolder(key: string, options: HistoryOptions, say: (line: string) => void): Promise<KeptHistory> {
  const path = join(folder, key);
  const db = join(path, 'store');
  mkdirSync(path, { recursive: true });
  const about = await finish({ db, aboutPath: join(path, 'about.json'), options, say });
  return {
    ...toKept(db, about),
    copy: async () => {
      const copy = join(folder, `${key}.copy`);
      rmSync(copy, { recursive: true, force: true });
      cpSync(db, copy, { recursive: true });
      // Else what is measured next waits for the disk to take gigabytes of it.
      for (const path of [copy, join(copy, 'segments')].flatMap(filesIn)) sync(path);
      return { db: copy, remove: async () => rmSync(copy, { recursive: true }) };
    },
  };
}

async function openInDatabase(key: string, options: HistoryOptions, say: (line: string) => void): Promise<KeptHistory> {
  const { services } = await startServices(['postgres'], { statePath: toStatePath('bench'), say });
  const server = services.postgres.url;
  const urlOf = (name: string): string => new URL(`/${name}`, server).href;
  const name = `history_${key}`;
  const aboutPath = join(folder, `${name}.json`);
  if (!(await hasDatabase(server, name))) {
    rmSync(aboutPath, { force: true });
    await run(server, `CREATE DATABASE ${name}`);
  }
  const about = await finish({ db: urlOf(name), aboutPath, options, say });
  return {
    ...toKept(urlOf(name), about),
    copy: async () => {
      const copy = `${name}_copy`;
      await run(server, `DROP DATABASE IF EXISTS ${copy}`, `CREATE DATABASE ${copy} TEMPLATE ${name}`);
      return { db: urlOf(copy), remove: () => run(server, `DROP DATABASE ${copy}`) };
    },
  };
}

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map(({ name }) => join(folder, name));
}

function sync(path: string): void {
  const file = openSync(path, 'r+');
  fsyncSync(file);
  closeSync(file);
}

/** Names are made above, of letters, digits and underscores. */
async function run(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function hasDatabase(url: string, name: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  await client.end();
  return rowCount === 1;
}

function toKept(db: string, { start, end, done, seconds }: About): Omit<KeptHistory, 'copy'> {
  return { db, start, end, built: { seconds: Math.round(seconds), tasks_per_s: Math.round(done / seconds) } };
}

/** The store's clock follows the tasks', so that segments and what waits for the text index do as in real life. */
async function finish({ db, aboutPath, options: { tasks, days }, say }: Place): Promise<About> {
  const about = readAbout(aboutPath, days);
  if (about.done === tasks) return about;
  const { start, end } = about;
  const atOf = (n: number): number => start + (n / tasks) * (end - start);
  let now = atOf(about.done);
  const writer = await openStoreWriter({ db, ...segments, now: () => now });
  say(`builds a history of ${tasks} tasks in ${db}, from the ${about.done}th on`);
  let lapMs = performance.now();
  for (let from = about.done; from < tasks; from += tasksPerBatch) {
    const numbers = Array.from({ length: Math.min(tasksPerBatch, tasks - from) }, (_, i) => from + i);
    const batch = toBatch(numbers.flatMap((n) => eventsOfHistoryTask(n, tasks, atOf(n))));
    about.done = from + numbers.length;
    now = atOf(about.done);
    await writer.write(batch);
    if (about.done % 100_000 !== 0 && about.done !== tasks) continue;
    about.seconds += (performance.now() - lapMs) / 1000;
    lapMs = performance.now();
    writeFileSync(aboutPath, JSON.stringify(about));
    say(`${about.done} tasks after ${Math.round(about.seconds)} s`);
  }
  await writer.close();
  return about;
}

function readAbout(path: string, days: number): About {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as About;
  const end = Math.floor(Date.now() / 1000);
  return { start: end - days * 86_400, end, done: 0, seconds: 0 };
}
