import { connect } from 'node:net';
import request from 'supertest';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  ExplainBody,
  FacetsBody,
  HistogramBody,
  RuntimesBody,
  SearchBody,
  SearchGapBody,
} from '../../server/contract/search.ts';
import { AppError } from '../../server/errors.ts';
import { readSearch } from '../../server/query/read-search.ts';
import { FakeSearch, numberedTasks, openFakeAnswers } from '../helpers/fake-search.ts';
import { answerOf, openApi, startHttp } from '../helpers/http-server.ts';

const gap: SearchGapBody = { from: 10, to: 20, broker: 'redis', why: 'stopped' };

let search: FakeSearch;
let url: string;
let log: { lines: unknown[] };
beforeEach(async () => {
  search = new FakeSearch();
  search.stored = numberedTasks(7);
  ({ url, log } = await startHttp(openApi, { search: openFakeAnswers(search, [gap]) }));
});

const get = (path: string, parameters: Record<string, string | number> = {}) => {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return answerOf(request(url).get(`/api/${path}?${query.toString()}`));
};
const page = async (parameters: Record<string, string | number> = {}) => {
  const { status, body } = await get('search', parameters);
  expect(status).toBe(200);
  return body as SearchBody;
};
const uuids = ({ tasks }: SearchBody) => tasks.map(({ uuid }) => uuid);

describe('GET /api/search', () => {
  it('answers a page, how many there are, what was missed, and the query as it was understood', async () => {
    const body = await page({ q: 'state:failure   sort:name', limit: 2 });
    expect(uuids(body)).toEqual(['t0', 't3']);
    expect(body).toMatchObject({
      total: { value: 3, relation: 'eq' },
      query: 'state:FAILURE sort:name',
      sort: { key: 'name', descending: false },
      prev: null,
      gaps: [gap],
      partial: false,
    });
    expect(body.next).toEqual(expect.any(String));
    expect(body.took_ms).toBeGreaterThanOrEqual(0);
  });

  it('answers everything, newest first, 50 at a time, when it is asked for nothing', async () => {
    const body = await page();
    expect(uuids(body)).toHaveLength(7);
    expect(body).toMatchObject({ query: '', sort: { key: 'received', descending: true }, next: null, prev: null });
    expect(search.asked).toContainEqual(expect.objectContaining({ question: 'page', where: null, limit: 50 }));
  });

  it('orders as the parameter says, whatever the query says', async () => {
    const { sort } = await page({ q: 'sort:name', sort: '-runtime' });
    expect(sort).toEqual({ key: 'runtime', descending: true });
  });

  it('leads through all pages, and back', async () => {
    const there: string[][] = [];
    let body = await page({ limit: 3 });
    there.push(uuids(body));
    while (body.next !== null) {
      body = await page({ limit: 3, cursor: body.next });
      there.push(uuids(body));
    }
    expect(there).toEqual([['t0', 't1', 't2'], ['t3', 't4', 't5'], ['t6']]);
    const back: string[][] = [];
    while (body.prev !== null) {
      body = await page({ limit: 3, cursor: body.prev });
      back.unshift(uuids(body));
    }
    expect(back).toEqual(there.slice(0, 2));
  });

  it('means the same time on every page', async () => {
    const asked = () => search.asked.filter(({ question }) => question === 'page').map(({ where }) => where);
    const { next } = await page({ q: 'received:>24h', limit: 1 });
    vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ['Date'] });
    await page({ q: 'received:>24h', limit: 1, cursor: next! });
    vi.useRealTimers();
    expect(asked()).toHaveLength(2);
    expect(asked()[1]).toEqual(asked()[0]);
  });

  it.each([
    ['another query', { q: 'state:SUCCESS', limit: 1 }, /another query or sort order/],
    ['another order', { q: 'state:FAILURE', limit: 1, sort: 'name' }, /another query or sort order/],
  ])('refuses a cursor of %s', async (_what, parameters, message) => {
    const { next } = await page({ q: 'state:FAILURE', limit: 1 });
    const { status, body } = await get('search', { ...parameters, cursor: next! });
    expect([status, (body as { error: string }).error]).toEqual([400, expect.stringMatching(message)]);
  });

  it.each(['x', 'bnVsbA', Buffer.from('[1,2]').toString('base64url'), '%00'])(
    'refuses %j, which is no cursor',
    async (cursor) => {
      const { status, body } = await get('search', { cursor });
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: 'bad_request', details: [{ path: 'cursor' }] });
    },
  );

  it('says where a query makes no sense, and what would', async () => {
    const { status, body } = await get('search', { q: ' state:FAILURE (x' });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: 'Missing closing parenthesis at position 15.',
      code: 'bad_request',
      details: [{ path: 'q', at: 15, end: 16, expected: [')'] }],
    });
    expect(search.asked).toEqual([]);
  });

  it.each([
    [{ limit: 1001 }, "Invalid limit '1001': from 1 to 1000"],
    [{ limit: 0 }, "Invalid limit '0': from 1 to 1000"],
    [{ limit: 'x' }, "Invalid limit 'x': a whole number is needed"],
    [{ sort: 'colour' }, /^Invalid sort 'colour': one of received, started, .* with - in front for descending$/],
    [{ sort: '--name' }, /^Invalid sort '--name'/],
    [{ zone: 'Mars/Olympus' }, /^Invalid zone 'Mars\/Olympus'/],
    [{ q: 'x'.repeat(2049) }, 'Invalid q: a query has at most 2048 characters, not 2049'],
  ])('refuses %j', async (parameters, message) => {
    const { status, body } = await get('search', parameters);
    const { error } = body as { error: string };
    expect(status).toBe(400);
    if (typeof message === 'string') expect(error).toBe(message);
    else expect(error).toMatch(message);
  });

  it('reads times in the zone of whoever asks', async () => {
    await page({ q: 'received:2026-03-01', zone: 'Asia/Tokyo' });
    const range = { kind: 'range', field: 'received', from: { value: Date.parse('2026-02-28T15:00Z') / 1000 } };
    expect(search.asked[0]).toMatchObject({ where: range });
  });

  it('counts at least what it shows when there is no time to count', async () => {
    search.partial = true;
    expect(await page({ limit: 3 })).toMatchObject({ total: { value: 4, relation: 'gte' }, partial: true });
  });

  it('names the store when that does not answer, and asks no further', async () => {
    search.failure = new AppError('store_unavailable', 'The database is locked');
    expect(await get('search')).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  });
});

it.each(['search', 'search/facets', 'search/histogram', 'search/runtimes', 'export'])(
  'who leaves ends the work for their answer: %s',
  async (path) => {
    search.hold = new Promise(() => undefined);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`GET /api/${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await vi.waitFor(() => expect(search.asked.length).toBeGreaterThan(0));
    expect(search.cancelled).toBe(0);
    socket.destroy();
    await vi.waitFor(() => expect(search.cancelled).toBe(search.asked.length));
    expect(log.lines).toEqual([]);
  },
);

describe('GET /api/search/facets', () => {
  it('counts values of the fields there are', async () => {
    search.values = { state: [{ value: 'FAILURE', tasks: 3 }] };
    const { body } = await get('search/facets', { q: 'retries:2', limit: 5 });
    expect((body as FacetsBody).facets.state).toEqual([{ value: 'FAILURE', tasks: 3 }]);
    expect(search.asked).toMatchObject([
      { question: 'facets', fields: ['state', 'name', 'worker', 'queue', 'exception'], limit: 5 },
    ]);
  });

  it('counts the states as if the query asked for none, for whoever has chosen one', async () => {
    await get('search/facets', { q: 'state:FAILURE mail -state:RETRY', limit: 5 });
    const { where } = readSearch('mail -state:RETRY', { now: 0 });
    const asked = (field: string) => search.asked.find(({ fields }) => (fields as string[]).includes(field));
    expect(asked('state')).toMatchObject({ fields: ['state'], where });
    expect(asked('name')).toMatchObject({ fields: ['name', 'worker', 'queue', 'exception'] });
    search.asked.length = 0;
    await get('search/facets', { q: 'state:FAILURE,RETRY' });
    expect(asked('state')).toMatchObject({ where: null });
  });

  it('refuses more values than an answer may have', async () => {
    expect((await get('search/facets', { limit: 101 })).status).toBe(400);
  });
});

describe('GET /api/search/histogram', () => {
  it('has a bucket for every step, in whole steps, and the gaps', async () => {
    const { body } = await get('search/histogram', { from: 1000, to: 1130, step: 60 });
    expect(body).toMatchObject({ from: 960, to: 1140, step: 60, gaps: [gap], partial: false });
    expect((body as HistogramBody).buckets).toEqual([
      { at: 960, states: { A: 1 } },
      { at: 1020, states: { A: 1 } },
      { at: 1080, states: { A: 1 } },
    ]);
  });

  it.each([
    [{ from: 0, to: 100_000, step: 1 }, /at least 201 s/],
    [{ from: 5, to: 5 }, /must be before/],
    [{ from: 'x' }, /Invalid from 'x'/],
  ])('refuses %j', async (parameters, message) => {
    const { status, body } = await get('search/histogram', parameters);
    expect([status, (body as { error: string }).error]).toEqual([400, expect.stringMatching(message)]);
  });
});

it('GET /api/search/runtimes tells how long tasks ran, in the buckets of the histogram', async () => {
  const { body } = await get('search/runtimes', { from: 1000, to: 1130, step: 60 });
  const one = { tasks: 1, p50: 0.5, p95: 2 };
  expect(body).toMatchObject({ from: 960, to: 1140, step: 60, gaps: [gap], partial: false, whole: one });
  expect((body as RuntimesBody).buckets).toEqual([960, 1020, 1080].map((at) => ({ at, ...one })));
  expect((await get('search/runtimes', { from: 5, to: 5 })).status).toBe(400);
});

describe('GET /api/search/suggest', () => {
  it('offers what fits where the cursor is, at the end unless told, also in what is no query yet', async () => {
    const { body } = await get('search/suggest', { q: '(state:S sta' });
    expect(body).toMatchObject({
      at: 9,
      end: 12,
      suggestions: [
        { kind: 'qualifier', text: 'state:' },
        { kind: 'qualifier', text: 'started:' },
      ],
    });
    expect((await get('search/suggest', { q: '(state:S sta', cursor: 8 })).body).toMatchObject({ at: 7, end: 8 });
  });

  it('refuses a cursor that is no place', async () => {
    expect((await get('search/suggest', { cursor: -1 })).status).toBe(400);
  });
});

describe('GET /api/search/explain', () => {
  it('tells how the query was understood, and how it is answered', async () => {
    const { body } = await get('search/explain', { q: 'mail OR state:retry', sort: 'name' });
    expect(body as ExplainBody).toMatchObject({
      ast: { where: { kind: 'or' }, sort: null },
      query: 'mail OR state:RETRY',
      sort: { key: 'name', descending: false },
      segments: [{ id: 1, skipped: false, tasks: 7, steps: ['column state'] }],
    });
  });
});
