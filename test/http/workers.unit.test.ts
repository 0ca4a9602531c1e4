import request from 'supertest';
import { beforeEach, expect, test } from 'vitest';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import { AppError } from '../../server/errors.ts';
import { answerOf, FakeInspector, openApi, startHttp } from '../helpers/http-server.ts';
import { sampleWorker } from '../helpers/samples.ts';

const hostile = '<script>alert(1)</script>';

let url: string;
let inspector: FakeInspector;
beforeEach(async () => {
  const workers = new WorkerRegistry(10);
  const beatsNow = sampleWorker({ hostname: 'celery@up', lastHeartbeat: Date.now() / 1000, freq: 60 });
  const names = ['celery@down', hostile, '__proto__'];
  workers.apply({ workers: [beatsNow, ...names.map((hostname) => sampleWorker({ hostname }))], counts: new Map() });
  inspector = new FakeInspector();
  ({ url } = await startHttp(openApi, { workers, inspector }));
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
  const { status, text } = await answerOf(request(url).get(`/api/workers?${name}=maybe`));
  expect(status).toBe(400);
  expect(text).toBe("Invalid argument 'maybe' of type 'bool'");
});

test.each(['', '?refresh=0', '?status=0'])('tells what workers said when they were last asked (%s)', async (query) => {
  inspector.inspections.set('celery@up', { active: [], timestamp: Date.now() / 1000 });
  inspector.inspections.set('celery@long-gone', { active: [], timestamp: 1 });
  const { status, body } = await answerOf(request(url).get(`/api/workers${query}`));
  expect(status).toBe(200);
  expect(body).toEqual({ 'celery@up': inspector.find('celery@up') });
  expect(inspector.refreshed).toEqual([]);
});

test('one that is known by its answers alone is purged as others are, and can be asked for by its name', async () => {
  const workers = new WorkerRegistry(10, 60);
  const answering = new FakeInspector();
  const { url: purging } = await startHttp(openApi, { workers, inspector: answering });
  answering.inspections.set('celery@here', { active: [], timestamp: Date.now() / 1000 });
  answering.inspections.set('celery@gone', { active: [], timestamp: Date.now() / 1000 - 100 });
  const ask = async (query: string) => (await answerOf(request(purging).get(`/api/workers${query}`))).body as object;
  expect(Object.keys(await ask(''))).toEqual(['celery@here']);
  expect(await ask('?status=1')).toEqual({ 'celery@here': true });
  expect(Object.keys(await ask('?workername=celery@gone'))).toEqual(['celery@gone']);
});

test('tells only of the fields asked for, and refuses one that there is not', async () => {
  const timestamp = Date.now() / 1000;
  inspector.inspections.set('celery@up', { stats: { pid: 1 }, active: [], timestamp });
  const { body } = await answerOf(request(url).get('/api/workers?fields=stats,conf'));
  expect(body).toEqual({ 'celery@up': { stats: { pid: 1 }, timestamp } });
  const { status, text } = await answerOf(request(url).get('/api/workers?fields=stats,secrets'));
  expect(status).toBe(400);
  expect(text).toContain('fields must be of stats, active_queues');
});

test('tells of one worker, dead or alive, by its name', async () => {
  inspector.inspections.set('celery@long-gone', { conf: { timezone: 'UTC' }, timestamp: 1 });
  const gone = await answerOf(request(url).get('/api/workers?workername=celery@long-gone'));
  expect(gone.body).toEqual({ 'celery@long-gone': { conf: { timezone: 'UTC' }, timestamp: 1 } });
  const silent = await answerOf(request(url).get('/api/workers?workername=celery@up'));
  expect(silent.body).toEqual({ 'celery@up': {} });
});

test('refresh asks first, all workers or one', async () => {
  await request(url).get('/api/workers?refresh=1');
  await request(url).get('/api/workers?refresh=true&workername=celery%40up');
  expect(inspector.refreshed).toEqual([undefined, 'celery@up']);
  inspector.failure = new AppError('broker_unavailable', 'The broker cannot be reached now');
  expect((await request(url).get('/api/workers?refresh=1')).status).toBe(503);
});

test('a worker that sends no events is alive as long as it answers', async () => {
  inspector.inspections.set('celery@silent', { timestamp: Date.now() / 1000 });
  inspector.inspections.set('celery@mute', { timestamp: Date.now() / 1000 - 600 });
  const { body } = await answerOf(request(url).get('/api/workers?status=1'));
  expect(body).toMatchObject({ 'celery@silent': true, 'celery@mute': false });
});
