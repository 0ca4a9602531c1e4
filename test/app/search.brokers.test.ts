import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TaskEvent } from '../../server/celery/event.ts';
import type { FacetsBody, HistogramBody, SearchBody, SuggestBody } from '../../server/contract/search.ts';
import type { StatusBody } from '../../server/contract/status.ts';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { successOf, taskEvent, toBatch, uuidOf } from '../helpers/batches.ts';
import { openPublisher, type Publisher } from '../helpers/publisher.ts';
import { startRedisServer, type RedisServer } from '../helpers/redis-server.ts';
import { runProgram, startServer, type RunningServer } from '../helpers/server.ts';
import { makeStore, onEveryEngine, type TestStore } from '../helpers/stores.ts';

/** How many tasks there are before the server starts: two a second from 1,700,000,000 on, every tenth of which fails. */
const stored = 20_000;

function eventsOf(n: number): TaskEvent[] {
  const fields = { name: n % 4 === 0 ? 'shop.mail' : 'shop.charge', kwargs: `{'customer': {'id': ${n % 1000}}}` };
  const events = successOf(uuidOf(n), n / 2, fields);
  if (n % 10 !== 0) return events;
  return [...events.slice(0, 2), taskEvent('failed', uuidOf(n), n / 2 + 0.3, { exception: `KeyError('=${n}')` })];
}

onEveryEngine((engine) => {
  let store: TestStore;
  let redis: RedisServer;
  let server: RunningServer;
  let publisher: Publisher;
  let published = stored;

  beforeAll(async () => {
    [store, redis] = await Promise.all([makeStore(engine), startRedisServer()]);
    const writer = await store.openWriter({ segmentTasks: 6000 });
    for (let n = 0; n < stored; n += 1000) {
      await writer.write(toBatch(Array.from({ length: 1000 }, (_, i) => eventsOf(n + i)).flat()));
    }
    await writer.close();
    const broker = `redis://127.0.0.1:${redis.port}/0`;
    server = await startServer({ broker, db: store.db });
    publisher = openPublisher('redis', broker);
    await vi.waitUntil(async () => (await get<StatusBody>('status')).brokers[0]!.connected, { timeout: 30_000 });
  }, 120_000);

  afterAll(async () => {
    await publisher.close();
    await server.stop();
    await Promise.all([store.remove(), redis.remove()]);
  });

  const fetchApi = (path: string, parameters: Record<string, string | number> = {}): Promise<Response> => {
    const query = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]);
    return fetch(`${server.url}/api/${path}?${new URLSearchParams(query).toString()}`);
  };
  const get = async <T>(path: string, parameters?: Record<string, string | number>): Promise<T> => {
    const response = await fetchApi(path, parameters);
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  };
  const search = (parameters: Record<string, string | number>) => get<SearchBody>('search', parameters);

  const arrive = async (tasks: number): Promise<void> => {
    const events = Array.from({ length: tasks }, () => eventsOf(published++)).flat();
    const messages = events.map((event) => ({
      routingKey: event.type.replace('-', '.'),
      hostname: event.hostname,
      events: 1,
      body: JSON.stringify(event),
    }));
    await publisher.publish(messages);
  };

  describe('a search', () => {
    it('finds by every kind of condition, and says how many there are', async () => {
      const body = await search({
        q: 'state:failure name:shop.* kwargs:customer.id=40 exception:"=1" received:>2023-01-01',
        sort: 'received',
      });
      expect(body.tasks.map(({ uuid }) => uuid)).toEqual(
        Array.from({ length: 20 }, (_, i) => i * 1000 + 40)
          .filter((n) => String(n).startsWith('1'))
          .map(uuidOf),
      );
      expect(body).toMatchObject({ next: null, prev: null, partial: false });
      expect(body.total).toEqual({ value: body.tasks.length, relation: 'eq' });
    });

    it('leads through all pages and back while tasks arrive: none twice, none missing', async () => {
      const q = 'state:FAILURE';
      const asked = { q, limit: 400, sort: 'received' };
      const before = (await search({ q, limit: 1 })).total.value;
      const there: string[] = [];
      let body = await search(asked);
      for (;;) {
        there.push(...body.tasks.map(({ uuid }) => uuid));
        if (body.next === null) break;
        await arrive(20);
        body = await search({ ...asked, cursor: body.next });
      }
      expect(new Set(there).size).toBe(there.length);
      expect(there.length).toBeGreaterThanOrEqual(before);
      expect(there.slice(0, before)).toEqual(Array.from({ length: before }, (_, i) => uuidOf(i * 10)));
      const back = body.tasks.map(({ uuid }) => uuid);
      while (body.prev !== null) {
        body = await search({ ...asked, cursor: body.prev });
        back.unshift(...body.tasks.map(({ uuid }) => uuid));
      }
      expect(back).toEqual(there);
    });

    it('has every task once, in whatever order', async () => {
      const q = 'state:FAILURE received:<2023-11-14T22:30:00Z';
      const list = async (sort: string): Promise<string[]> => {
        const uuids: string[] = [];
        for (let cursor: string | null = ''; cursor !== null;) {
          const body: SearchBody = await search({ q, limit: 120, sort, cursor });
          uuids.push(...body.tasks.map(({ uuid }) => uuid));
          cursor = body.next;
        }
        return uuids;
      };
      const wanted = Array.from({ length: 200 }, (_, i) => uuidOf(i * 10));
      expect(await list('received')).toEqual(wanted);
      for (const sort of [
        '-received',
        'name',
        '-runtime',
        'state',
        'worker',
        'wait',
        'retries',
        '-finished',
        'started',
      ]) {
        expect((await list(sort)).sort()).toEqual(wanted);
      }
    });

    it("in Flower's parameter narrows its list, and a bad one is refused in its form", async () => {
      const list = await get<Record<string, TaskBody>>('tasks', {
        search: 'kwargs:customer.id=40 -exception:nothing',
        state: 'FAILURE',
        taskname: 'shop.mail',
        sort_by: 'received',
        limit: 3,
        offset: 1,
      });
      expect(Object.keys(list)).toEqual([1040, 2040, 3040].map(uuidOf));
      const refused = await fetchApi('tasks', { search: 'a (b' });
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { error: 'Missing closing parenthesis at position 2.' },
      ]);
    });
  });

  describe('what is counted', () => {
    const within = 'received:2023-11-14..2023-11-15';

    it('by value and over time adds up to the total', async () => {
      const any = (): boolean => true;
      for (const [q, isAsked] of [
        [within, any],
        [`${within} state:FAILURE`, (state: string) => state === 'FAILURE'],
        [`${within} customer`, any],
        [`${within} -state:SUCCESS -mail`, (state: string) => state !== 'SUCCESS'],
      ] as const) {
        const [{ total }, facets, histogram] = await Promise.all([
          search({ q, limit: 1 }),
          get<FacetsBody>('search/facets', { q, whole: 'true' }),
          get<HistogramBody>('search/histogram', { q, whole: 'true' }),
        ]);
        const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
        // Of states all are told, also those that were not asked for.
        const asked = facets.facets.state.filter(({ value }) => isAsked(value));
        const counted = sum(asked.map(({ tasks }) => tasks));
        const overTime = sum(histogram.buckets.flatMap(({ states }) => Object.values(states)));
        expect(facets).toMatchObject({ partial: false, total: { relation: 'eq' } });
        expect(histogram.partial).toBe(false);
        expect([counted, facets.total.value, overTime]).toEqual([overTime, overTime, overTime]);
        if (total.relation === 'eq') expect(total.value).toBe(overTime);
        expect(overTime).toBeGreaterThan(0);
      }
    });

    it('is what there is to suggest', async () => {
      const suggest = async (q: string) => (await get<SuggestBody>('search/suggest', { q })).suggestions;
      expect(await suggest('uuid:000000000040 kwargs:customer.')).toEqual([{ kind: 'key', text: 'id=', tasks: 1 }]);
      expect((await suggest('received:<2023-12-01 state:FAILURE name:ma'))[0]).toMatchObject({ text: 'shop.mail' });
    });

    it('is explained', async () => {
      const explained = await get<{ segments: unknown[] }>('search/explain', { q: 'state:FAILURE mail' });
      expect(explained).toMatchObject({ query: 'state:FAILURE mail' });
      expect(explained.segments.length).toBeGreaterThan(0);
    });
  });

  describe('an export', () => {
    const q = 'received:<2023-11-15T01:00:00Z kwargs:customer';
    const wanted = Array.from({ length: stored }, (_, n) => uuidOf(n));
    const readCsv = (text: string): Record<string, string>[] => parse(text, { columns: true });
    const readNdjson = (text: string) =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as TaskBody);

    it('of 20,000 tasks is whole in every form', async () => {
      const texts = await Promise.all(
        ['ndjson', 'json', 'csv'].map(async (format) =>
          (await fetchApi('export', { q, format, limit: stored, sort: 'received' })).text(),
        ),
      );
      const tasks = readNdjson(texts[0]!);
      expect(tasks.map(({ uuid }) => uuid)).toEqual(wanted);
      expect(JSON.parse(texts[1]!)).toEqual(tasks);
      const rows = readCsv(texts[2]!);
      expect(rows.map(({ uuid }) => uuid)).toEqual(wanted);
      for (const [i, row] of rows.entries()) {
        const { received, kwargs, exception, runtime } = tasks[i]!;
        expect(row).toMatchObject({
          kwargs,
          exception: exception ?? '',
          runtime: runtime === null ? '' : String(runtime),
        });
        expect(Date.parse(row['received']!) / 1000).toBeCloseTo(received!, 2);
      }
    });

    it('ends at the server when nobody reads it any more', async () => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.write('GET /api/export HTTP/1.1\r\nHost: x\r\n\r\n');
      await new Promise((resolve) => socket.once('readable', resolve));
      socket.destroy();
      expect((await search({ q: '', limit: 1 })).tasks).toHaveLength(1);
      expect(server.log()).not.toMatch(/failed/i);
    });

    it.each(['server', 'store'])('from a shell is the same, of the %s', async (from) => {
      const place = from === 'server' ? ['--server', server.url] : ['--db', store.db];
      const { code, out, err } = await runProgram([
        'export',
        ...place,
        '--format=csv',
        '--columns=uuid,state',
        '--sort=received',
        '-n',
        String(stored),
        q,
      ]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(readCsv(out).map(({ uuid }) => uuid)).toEqual(wanted);
    });

    it('from a shell says when there is no room for it', async () => {
      const full = openSync('/dev/full', 'w');
      const { code, err } = await runProgram(['export', '--db', store.db], {}, full);
      closeSync(full);
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringMatching(/^The standard output cannot be written to: .*no space.*\n$/) as string,
      });
    });
  });

  describe('herbarium search', () => {
    it.each(['server', 'store'])('shows what it finds, of the %s that is being written', async (from) => {
      const place = from === 'server' ? ['--server', server.url] : ['--db', store.db];
      await arrive(5);
      const { code, out, err } = await runProgram([
        'search',
        ...place,
        'kwargs:customer.id=40',
        'sort:received',
        '-n',
        '2',
      ]);
      expect(code).toBe(0);
      expect(out.split('\n').slice(1, 3)).toEqual([
        expect.stringMatching(/^2023-11-14 22:13:40 +FAILURE +shop\.mail .*000000000040$/),
        expect.stringMatching(/^2023-11-14 22:22:00 +FAILURE +shop\.mail .*000000001040$/),
      ]);
      expect(err).toMatch(/^2 of (at least )?\d+ tasks\n/);
      expect((await runProgram(['search', ...place, 'nothing like it'])).code).toBe(4);
      expect(await runProgram(['search', ...place, 'a (b'])).toMatchObject({
        code: 2,
        err: 'Missing closing parenthesis at position 2.\nPossible there: )\n',
      });
    });
  });
});
