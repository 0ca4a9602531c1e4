import request from 'supertest';
import { beforeEach, expect, test } from 'vitest';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import { answerOf, openApi, startHttp } from '../helpers/http-server.ts';
import { sampleWorker } from '../helpers/samples.ts';

const hostile = '<script>alert(1)</script>';

let url: string;
beforeEach(async () => {
  const workers = new WorkerRegistry(10);
  const beatsNow = sampleWorker({ hostname: 'celery@up', lastHeartbeat: Date.now() / 1000, freq: 60 });
  const names = ['celery@down', hostile, '__proto__'];
  workers.apply({ workers: [beatsNow, ...names.map((hostname) => sampleWorker({ hostname }))], counts: new Map() });
  ({ url } = await startHttp(openApi, { workers }));
});

test.each(['1', 'true', 'YES', 'on'])('status=%s tells of every worker whether it is alive', async (yes) => {
  const { status, text } = await request(url).get(`/api/workers?status=${yes}`);
  expect(status).toBe(200);
  const answer = new Map(Object.entries(JSON.parse(text) as object));
  expect(answer).toEqual(
    new Map([
      [hostile, false],
      ['__proto__', false],
      ['celery@down', false],
      ['celery@up', true],
    ]),
  );
});

test('status of one worker', async () => {
  const { body } = await answerOf(request(url).get('/api/workers?status=1&workername=celery%40up'));
  expect(body).toEqual({ 'celery@up': true });
});

test.each(['', 'status=1&', 'refresh=1&'])('an unknown worker is a plain sentence (%s)', async (parameters) => {
  const { status, text, headers } = await request(url).get(`/api/workers?${parameters}workername=%3Cb%3E`);
  expect(status).toBe(404);
  expect(text).toBe("Unknown worker '<b>'");
  expect(headers['content-type']).toMatch('text/plain');
});

test.each(['status', 'refresh'])('%s must be a boolean', async (name) => {
  const { status, body } = await answerOf(request(url).get(`/api/workers?${name}=maybe`));
  expect(status).toBe(400);
  expect(body).toEqual({ error: "Invalid argument 'maybe' of type 'bool'", code: 'bad_request' });
});

test.each(['', '?refresh=1', '?status=0', '?workername=celery@up'])(
  'inspection is said to be missing (%s)',
  async (query) => {
    const { status, body } = await answerOf(request(url).get(`/api/workers${query}`));
    expect(status).toBe(501);
    expect(body).toMatchObject({ code: 'not_supported' });
  },
);
