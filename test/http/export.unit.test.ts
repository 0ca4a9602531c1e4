import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import request from 'supertest';
import { beforeEach, expect, test, vi } from 'vitest';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { FakeSearch, numberedTasks, openFakeAnswers } from '../helpers/fake-search.ts';
import { answerOf, openApi, startHttp } from '../helpers/http-server.ts';
import { sampleTask } from '../helpers/samples.ts';

let search: FakeSearch;
let url: string;
beforeEach(async () => {
  search = new FakeSearch();
  search.stored = numberedTasks(7);
  ({ url } = await startHttp({ ...openApi, maxTasks: 2 }, { search: openFakeAnswers(search) }));
});

const get = (query: string) => answerOf(request(url).get(`/api/export?${query}`).buffer(true));

test.each([
  ['ndjson', 'application/x-ndjson; charset=utf-8'],
  ['json', 'application/json; charset=utf-8'],
  ['csv', 'text/csv; charset=utf-8; header=present'],
])('everything that fits comes as a file of %s, whatever max_tasks is', async (format, type) => {
  const { status, headers, text } = await get(`format=${format}&q=state:FAILURE,SUCCESS&columns=uuid`);
  expect(status).toBe(200);
  expect(headers['content-type']).toBe(type);
  expect(headers['content-disposition']).toMatch(
    new RegExp(`^attachment; filename=herbarium-tasks-\\d{8}T\\d{6}Z\\.${format}$`),
  );
  expect(text.match(/t\d/g)).toEqual(['t0', 't1', 't2', 't3', 't4', 't5', 't6']);
});

test('it is ndjson of all fields, newest first, when nothing else is said', async () => {
  const { text } = await get('');
  expect(
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(search.stored);
  expect(search.asked).toEqual([{ question: 'stream', where: null, sort: { key: 'received', descending: true } }]);
});

test('it ends at the limit', async () => {
  expect((await get('limit=3&columns=uuid')).text).toBe('{"uuid":"t0"}\n{"uuid":"t1"}\n{"uuid":"t2"}\n');
});

test('it is compressed for those who take it so', async () => {
  search.stored = numberedTasks(50);
  const answer = await request(url).get('/api/export').set('Accept-Encoding', 'gzip').buffer(true);
  expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip' });
});

test.each([
  ['format=xml', "Invalid format 'xml': one of ndjson, csv, json"],
  ['columns=uuid,colour,shape', /^Invalid columns: there is no colour, no shape; a task has uuid, name, /],
  ['columns=,', /^Invalid columns: there is none/],
  ['q=(', /at position \d\.$/],
  ['limit=0', "Invalid limit '0': from 1 to 9007199254740991"],
])('%s is refused, and no file is begun', async (query, message) => {
  const { status, headers, body } = await answerOf(request(url).get(`/api/export?${query}`));
  const { error } = body as { error: string };
  expect(status).toBe(400);
  expect(headers['content-disposition']).toBeUndefined();
  if (typeof message === 'string') expect(error).toBe(message);
  else expect(error).toMatch(message);
});

test('a client that does not read holds the search back, and one that leaves ends it', async () => {
  const args = randomBytes(1500).toString('base64');
  const state = { chunks: 0, ended: false };
  class EndlessSearch extends FakeSearch {
    override async *stream(): AsyncGenerator<TaskBody[]> {
      try {
        for (; state.chunks < 5000; state.chunks++) {
          yield await Promise.resolve(Array.from({ length: 50 }, () => toTaskBody(sampleTask({ args }), [])));
        }
      } finally {
        state.ended = true;
      }
    }
  }
  ({ url } = await startHttp(openApi, { search: openFakeAnswers(new EndlessSearch()) }));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /api/export HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('readable', resolve));
  for (let before = -1; before !== state.chunks;) {
    before = state.chunks;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  expect(state).toMatchObject({ ended: false });
  expect(state.chunks).toBeLessThan(500);
  socket.destroy();
  await vi.waitFor(() => expect(state.ended).toBe(true));
});
