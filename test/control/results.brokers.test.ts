import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openTaskSender } from '../../server/brokers/open-task-sender.ts';
import { readClusterSettings } from '../../server/control/cluster-settings.ts';
import { openResultBackend } from '../../server/control/open-result-backend.ts';
import { openPublisher } from '../../server/control/publisher.ts';
import type { ResultBackend } from '../../server/control/results.ts';
import { startCallee } from '../helpers/callee.ts';
import { makeVhost } from '../helpers/rabbitmq.ts';
import { startRedisServer } from '../helpers/redis-server.ts';
import { makeStore } from '../helpers/stores.ts';

function useBackend(url: string, brokerUrl = 'redis://localhost'): ResultBackend {
  const broker = { url: brokerUrl, transport: {} };
  const backend = openResultBackend({ url, transport: {}, broker, expiresS: () => 60 });
  onTestFinished(() => backend.close());
  return backend;
}

describe.each(['redis', 'amqp'] as const)('results sent back over %s', (kind) => {
  it('are known of the tasks that we sent, and of no others', async () => {
    const place = kind === 'redis' ? await startRedisServer() : await makeVhost('rpc-results');
    onTestFinished(() => place.remove());
    const url = 'url' in place ? place.url : `redis://127.0.0.1:${place.port}/2`;
    const worker = await startCallee({ brokerUrl: url, resultBackend: 'rpc://', args: ['-Q', 'celery'] });
    onTestFinished(() => worker.kill());
    const backend = useBackend('rpc://', url);
    const sender = openTaskSender({ url, eventExchange: 'celeryev' });
    const settings = () => readClusterSettings([]);
    const publisher = openPublisher({ sender, settings, results: backend, now: () => Date.now() / 1000 });
    const send = (task: string, args: unknown[]) => publisher.publish({ task, args, kwargs: {}, options: {} });
    const [sum, failed] = [await send('callee.add', [2, 3]), await send('callee.fail', ['boom'])];
    const until = AbortSignal.timeout(20_000);
    expect(await backend.wait(sum, until)).toMatchObject({ status: 'SUCCESS', value: 5 });
    expect(await backend.wait(failed, until)).toMatchObject({ status: 'FAILURE', value: "ValueError('boom')" });
    expect([...(await backend.read([sum, 'another'])).keys()]).toEqual([sum]);
    await expect(backend.abort(sum)).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});

/** Python's pickle of 5, and of a call that nobody makes. */
const five = Buffer.from('gAVLBS4=', 'base64');
const call = Buffer.from('gASVIQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAZyZWJvb3SUhZRSlC4=', 'base64');
const columns = (blob: string, time: string) =>
  `task_id VARCHAR(155) UNIQUE, status VARCHAR(50), result ${blob}, date_done ${time}, traceback TEXT, ` +
  `name VARCHAR(155), args ${blob}, kwargs ${blob}, worker VARCHAR(155), retries INTEGER, queue VARCHAR(155)`;

async function checkTable(backend: ResultBackend, fill: (sql: string) => unknown): Promise<void> {
  expect((await backend.read(['a'])).size).toBe(0);
  await expect(backend.abort('a')).rejects.toMatchObject({ code: 'store_unavailable' });
  await fill('');
  const results = await backend.read(['a', 'b', 'c']);
  expect(results.get('a')).toMatchObject({
    status: 'SUCCESS',
    value: 5,
    doneAt: Date.UTC(2026, 10, 20, 5, 16, 37) / 1000 + 0.25,
  });
  expect(results.get('b')).toMatchObject({ value: "posix.system('reboot')" });
  expect(results.has('c')).toBe(false);
  await backend.abort('a');
  await backend.abort('c');
  const aborted = await backend.read(['a', 'c']);
  expect([...aborted.values()].map(({ status, value }) => [status, value])).toEqual([
    ['ABORTED', null],
    ['ABORTED', null],
  ]);
  expect(await backend.wait('c', AbortSignal.timeout(50))).toMatchObject({ status: 'ABORTED' });
}

describe('results in a table', () => {
  it('of SQLite, which may be made later, are read and aborted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herbarium-results-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await checkTable(useBackend(`db+sqlite:///${join(folder, 'results.db')}`), () => {
      const db = new Database(join(folder, 'results.db'));
      db.exec(
        `CREATE TABLE celery_taskmeta (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, ${columns('BLOB', 'DATETIME')})`,
      );
      const add = db.prepare(
        "INSERT INTO celery_taskmeta (task_id, status, result, date_done) VALUES (?, 'SUCCESS', ?, '2026-11-20 05:16:37.250000')",
      );
      add.run('a', five);
      add.run('b', call);
      db.close();
    });
  });

  it('of Postgres are read and aborted', async () => {
    const store = await makeStore('postgres');
    onTestFinished(() => store.remove());
    await checkTable(useBackend(store.db.replace('postgres://', 'db+postgresql+psycopg2://')), async () => {
      const client = new pg.Client(store.db);
      await client.connect();
      await client.query(
        `CREATE SEQUENCE task_id_sequence; CREATE TABLE celery_taskmeta (id INTEGER NOT NULL PRIMARY KEY, ${columns('BYTEA', 'TIMESTAMP')})`,
      );
      const add =
        "INSERT INTO celery_taskmeta (id, task_id, status, result, date_done) VALUES (nextval('task_id_sequence'), $1, 'SUCCESS', $2, '2026-11-20 05:16:37.25')";
      await client.query(add, ['a', five]);
      await client.query(add, ['b', call]);
      await client.end();
    });
  });
});
