import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import WebSocket from 'ws';
import { Access } from '../../server/auth/access.ts';
import type { LiveMessage } from '../../server/contract/live.ts';
import { openStream, type StreamOptions } from '../../server/http/stream.ts';
import { LiveFeed } from '../../server/live/feed.ts';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { FakeLog, FakeTasks, openApi, sampleStatus, startHttp } from '../helpers/http-server.ts';
import { sampleTask } from '../helpers/samples.ts';

async function openPage(url: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/live`);
  const messages: LiveMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse((data as Buffer).toString()) as LiveMessage));
  await once(socket, 'open');
  onTestFinished(() => socket.terminate());
  return { socket, messages, say: (message: unknown) => socket.send(JSON.stringify(message)) };
}

const closeCode = async (socket: WebSocket): Promise<unknown> => (await once(socket, 'close'))[0];

test('a page subscribes, gets the present state, and then a change', async () => {
  const tasks = new FakeTasks([toTaskBody(sampleTask({ uuid: '<b>stored</b>' }), [])]);
  const { url, feed } = await startHttp({ ...openApi, urlPrefix: 'flower' }, { tasks });
  const { messages, say } = await openPage(url);
  say({ subscribe: [{ topic: 'tasks' }] });
  const uuids = () =>
    messages.flatMap((message) => (message.topic === 'tasks' ? message.tasks.map(({ uuid }) => uuid) : []));
  await vi.waitFor(() => expect(uuids()).toEqual(['<b>stored</b>']));
  expect(messages).toContainEqual({ topic: 'status', status: sampleStatus });
  feed.publish({ tasks: [sampleTask({ uuid: 'live' })], alsoChanged: [], workers: [] });
  await vi.waitFor(() => expect(uuids()).toEqual(['<b>stored</b>', 'live']));
});

test.each([
  ['no JSON', 'hello'],
  ['no subscription', '{"topic":"tasks"}'],
  ['an unknown topic', '{"subscribe":[{"topic":"secrets"}]}'],
  ['too many topics', JSON.stringify({ subscribe: Array.from({ length: 9 }, () => ({ topic: 'tasks' })) })],
  ['bytes', Buffer.from('{"subscribe":[]}')],
])('a page that says what is %s is shown out', async (_what, message) => {
  const { url } = await startHttp(openApi);
  const { socket } = await openPage(url);
  socket.send(message);
  expect(await closeCode(socket)).toBe(1008);
});

test('a message that is too large ends the connection', async () => {
  const { url } = await startHttp(openApi);
  const { socket, say } = await openPage(url);
  say({ subscribe: [{ topic: 'task', uuid: 'x'.repeat(20_000) }] });
  expect(await closeCode(socket)).toBe(1009);
});

test('there is no stream at another address', async () => {
  const { url } = await startHttp(openApi);
  const socket = new WebSocket(`${url.replace('http', 'ws')}/alive`);
  await expect(once(socket, 'open')).rejects.toThrow('404');
});

/** The stream alone, with bounds that a test can wait for. */
async function startStream(bounds: Pick<StreamOptions, 'pingEveryMs' | 'maxPages'>) {
  const log = new FakeLog();
  const sources = {
    tasks: new FakeTasks(),
    workers: new WorkerRegistry(1),
    status: () => Promise.resolve(sampleStatus),
  };
  const feed = new LiveFeed({ ...sources, log, now: () => 0 });
  const access = new Access({ basicAuth: [], unauthenticatedApi: true, cookieSecret: null, port: 0 });
  const server = createServer();
  const stream = openStream(server, { urlPrefix: '', xheaders: false, access, feed, log, now: () => 0, ...bounds });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    stream.cut();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a page that answers pings stays, one that does not is dropped', async () => {
  const url = await startStream({ pingEveryMs: 300 });
  const alive = await openPage(url);
  const dead = new WebSocket(`${url.replace('http', 'ws')}/live`, { autoPong: false });
  await once(dead, 'open');
  await once(dead, 'close');
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(alive.socket.readyState).toBe(WebSocket.OPEN);
});

test('only so many pages are let in', async () => {
  const url = await startStream({ maxPages: 1 });
  await openPage(url);
  await expect(openPage(url)).rejects.toThrow('503');
});

test('a page that does not read costs no more memory the longer it lasts', async () => {
  const { url, feed } = await startHttp(openApi);
  const { socket, say } = await openPage(url);
  say({ subscribe: [{ topic: 'tasks' }] });
  await once(socket, 'message');
  socket.pause();
  const args = 'x'.repeat(40_000);
  const publish = () => {
    const tasks = Array.from({ length: 50 }, (_, i) => sampleTask({ uuid: `t${i}`, args }));
    feed.publish({ tasks, alsoChanged: [], workers: [] });
  };
  const sendMoreThanTheKernelTakes = async (times: number) => {
    for (let i = 0; i < times; i++) {
      publish();
      await new Promise((resolve) => setTimeout(resolve, 260));
    }
  };
  await sendMoreThanTheKernelTakes(6);
  const send = vi.spyOn(WebSocket.prototype, 'send');
  await sendMoreThanTheKernelTakes(4);
  expect(send.mock.calls.filter(([data]) => typeof data === 'string' && data.length > 100_000)).toEqual([]);
}, 15_000);
