import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import request from 'supertest';
import { expect, test, vi } from 'vitest';
import type { TaskBody } from '../../server/contract/tasks.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { FakeTasks, openApi, startHttp } from '../helpers/http-server.ts';
import { sampleTask } from '../helpers/samples.ts';

/** Hardly to be compressed. */
const args = randomBytes(750).toString('base64');
const chunkOf = (n: number): TaskBody[] =>
  Array.from({ length: 100 }, (_, i) => toTaskBody(sampleTask({ uuid: `${n}-${i}`, args: args.slice(i) + n }), []));

/** Far more tasks than any buffer on the way can take: some 120 kB a chunk. */
class EndlessTasks extends FakeTasks {
  chunks = 0;
  ended = false;

  override async *list(): AsyncGenerator<TaskBody[]> {
    try {
      for (; this.chunks < 5000; this.chunks++) yield await Promise.resolve(chunkOf(this.chunks));
    } finally {
      this.ended = true;
    }
  }
}

/** Asks for the list, and reads nothing of the answer. */
async function askAndStall(url: string, headers = ''): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`GET /api/tasks HTTP/1.1\r\nHost: x\r\n${headers}\r\n`);
  await new Promise((resolve) => socket.once('readable', resolve));
  return socket;
}

async function settled(tasks: EndlessTasks): Promise<number> {
  let before = -1;
  while (before !== tasks.chunks) {
    before = tasks.chunks;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return before;
}

test.each([
  ['plain', '', 200],
  ['compressed', 'Accept-Encoding: gzip\r\n', 4000],
])('a client that does not read holds the source back (%s)', async (_what, headers, mostChunks) => {
  const tasks = new EndlessTasks();
  const { url } = await startHttp(openApi, { tasks });
  const socket = await askAndStall(url, headers);
  expect(await settled(tasks)).toBeLessThan(mostChunks);
  expect(tasks.ended).toBe(false);
  socket.destroy();
  await vi.waitFor(() => expect(tasks.ended).toBe(true));
});

test('a client that leaves is no error', async () => {
  const tasks = new EndlessTasks();
  const { url, log } = await startHttp(openApi, { tasks });
  (await askAndStall(url)).destroy();
  await vi.waitFor(() => expect(tasks.ended).toBe(true));
  expect(log.lines).toEqual([]);
});

test('a list of many chunks arrives whole, compressed or not', async () => {
  const tasks = new FakeTasks([...chunkOf(1), ...chunkOf(2), ...chunkOf(3)]);
  const { url } = await startHttp(openApi, { tasks });
  for (const encoding of ['identity', 'gzip', 'br']) {
    const { text, headers } = await request(url).get('/api/tasks').set('Accept-Encoding', encoding);
    expect(headers['content-encoding'] ?? 'identity').toBe(encoding);
    const answer = JSON.parse(text) as Record<string, TaskBody>;
    expect(Object.values(answer)).toEqual(tasks.stored);
  }
});

test('a source that fails halfway breaks the answer off, so that nobody takes it for whole', async () => {
  class HalfTasks extends FakeTasks {
    override async *list(): AsyncGenerator<TaskBody[]> {
      yield await Promise.resolve(chunkOf(1));
      throw new Error('the disk is gone');
    }
  }
  const { url, log } = await startHttp(openApi, { tasks: new HalfTasks() });
  await expect(fetch(`${url}/api/tasks`).then((response) => response.text())).rejects.toThrow();
  expect(log.lines).toMatchObject([{ level: 'error', fields: { error: { message: 'the disk is gone' } } }]);
});

test('an offer to change the protocol is passed over', async () => {
  const { url } = await startHttp(openApi, { tasks: new FakeTasks(chunkOf(1)) });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write('GET /api/tasks?limit=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  const answer = await readText(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(answer).toContain('"uuid":"1-0"');
});
