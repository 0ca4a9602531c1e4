import { once } from 'node:events';
import { link, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as getByTls } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { openListener } from '../../server/http/listener.ts';
import { toUrlPrefix } from '../../server/http/server.ts';
import { FakeTasks, openApi, plainOptions, startHttp } from '../helpers/http-server.ts';

const certfile = fileURLToPath(new URL('../fixtures/tls/cert.pem', import.meta.url));
const keyfile = fileURLToPath(new URL('../fixtures/tls/key.pem', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herbarium-http-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

async function ask(options: RequestOptions): Promise<string> {
  const [response] = (await once(get(options), 'response')) as [IncomingMessage];
  return readText(response);
}

test('serves over a unix socket that the proxy in front may use', async () => {
  const socketPath = join(folder, 'herbarium.sock');
  const { url } = await startHttp({ unixSocket: socketPath });
  expect(url).toBe(`unix:${socketPath}`);
  expect(await ask({ socketPath, path: '/healthcheck' })).toBe('OK');
  expect((await stat(socketPath)).mode & 0o777).toBe(0o777);
});

test('takes the place of a unix socket that a killed process left, and of no living one, nor of a file', async () => {
  const left = join(folder, 'left.sock');
  const dead = createServer().listen(left);
  await once(dead, 'listening');
  // A hard link keeps the name when the listener removes its own.
  await link(left, `${left}.kept`);
  await new Promise((resolve) => dead.close(resolve));
  await rename(`${left}.kept`, left);
  await startHttp({ unixSocket: left });
  expect(await ask({ socketPath: left, path: '/healthcheck' })).toBe('OK');
  await expect(startHttp({ unixSocket: left })).rejects.toMatchObject({ code: 'bad_config' });

  const file = join(folder, 'notes.txt');
  await writeFile(file, 'keep me');
  await expect(startHttp({ unixSocket: file })).rejects.toMatchObject({ code: 'bad_config' });
  expect(await readFile(file, 'utf8')).toBe('keep me');
});

test('serves over TLS, and gives its pages a cookie for TLS only', async () => {
  const { url } = await startHttp({ certfile, keyfile });
  expect(url).toMatch(/^https:/);
  const ca = await readFile(certfile);
  const [response] = (await once(getByTls(`${url}/tasks`, { ca }), 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  expect(String(response.headers['set-cookie'])).toMatch(/; Secure/);
  response.resume();
});

test('lets in only clients with a certificate of the authorities, when these are named', async () => {
  const { url } = await startHttp({ certfile, keyfile, caCerts: certfile });
  const ca = await readFile(certfile);
  await expect(once(getByTls(`${url}/healthcheck`, { ca }), 'response')).rejects.toThrow(
    /certificate required|ECONNRESET/,
  );
  const own = { ca, cert: ca, key: await readFile(keyfile) };
  const [response] = (await once(getByTls(`${url}/healthcheck`, own), 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
});

test.each([
  ['a certificate without a key', { certfile }, /both certfile and keyfile/],
  ['a file that is not there', { certfile: '/nowhere.pem', keyfile }, /certfile cannot be read: ENOENT/],
  ['a key that is none', { certfile, keyfile: certfile }, /are no certificate and its key/],
  ['a CA file that is not there', { certfile, keyfile, caCerts: '/nowhere.pem' }, /ca_certs cannot be read/],
])('says what is wrong with %s', async (_what, options, message) => {
  await expect(startHttp(options)).rejects.toMatchObject({
    code: 'bad_config',
    message: expect.stringMatching(message) as string,
  });
});

test('says which port is taken', async () => {
  const { url } = await startHttp();
  const port = Number(new URL(url).port);
  await expect(startHttp({ port })).rejects.toMatchObject({
    code: 'bad_config',
    message: expect.stringContaining(`Cannot listen on port ${port}`) as string,
  });
});

test('tells whoever asks during its start to come again soon', async () => {
  const { server, url, answer } = await openListener({ ...plainOptions, port: 0 });
  onTestFinished(() => void server.close());
  const early = await fetch(url);
  expect(early.status).toBe(503);
  expect(early.headers.get('retry-after')).toBe('1');
  expect(await early.json()).toMatchObject({ error: 'Herbarium is being started.' });
  answer((_request, response) => response.end('here'));
  expect(await (await fetch(url)).text()).toBe('here');
});

test('names the address a person can open', async () => {
  expect((await startHttp({ address: '' })).url).toMatch(/^http:\/\/localhost:\d+$/);
  expect((await startHttp({ address: '127.0.0.1' })).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test('a prefix is read with and without slashes', () => {
  expect(['', ' ', '/', 'flower', '/flower', 'flower/', '/a/b/'].map(toUrlPrefix)).toEqual([
    '',
    '',
    '',
    '/flower',
    '/flower',
    '/flower',
    '/a/b',
  ]);
});

class SlowTasks extends FakeTasks {
  begun!: () => void;
  readonly hasBegun = new Promise<void>((resolve) => (this.begun = resolve));
  readonly #ms: number;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  override async types(): Promise<string[]> {
    this.begun();
    await new Promise((resolve) => setTimeout(resolve, this.#ms).unref());
    return ['late'];
  }
}

test('stops at once, although browsers keep connections open, and tells live pages', async () => {
  const { url, stop } = await startHttp(openApi);
  await fetch(`${url}/healthcheck`).then((response) => response.text());
  const page = new WebSocket(`${url.replace('http', 'ws')}/live`);
  await once(page, 'open');
  const closed = once(page, 'close');
  const start = performance.now();
  await stop();
  expect(performance.now() - start).toBeLessThan(3000);
  expect((await closed)[0]).toBe(1001);
  await expect(fetch(`${url}/healthcheck`)).rejects.toThrow();
});

test('lets a request finish that was on its way', async () => {
  const tasks = new SlowTasks(300);
  const { url, stop } = await startHttp(openApi, { tasks });
  const answer = fetch(`${url}/api/task/types`).then((response) => response.json());
  await tasks.hasBegun;
  await stop();
  expect(await answer).toEqual({ 'task-types': ['late'] });
});

test('cuts, after its time of grace, a request that does not finish and a page that does not leave', async () => {
  const tasks = new SlowTasks(60_000);
  const { url, stop } = await startHttp(openApi, { tasks });
  const answer = fetch(`${url}/api/task/types`);
  const cutOff = expect(answer).rejects.toThrow();
  const page = new WebSocket(`${url.replace('http', 'ws')}/live`);
  page.on('error', () => undefined);
  await Promise.all([once(page, 'open'), tasks.hasBegun]);
  page.pause();
  const start = performance.now();
  await stop(200);
  expect(performance.now() - start).toBeLessThan(4000);
  await cutOff;
});

test('stopping twice is stopping once', async () => {
  const { stop } = await startHttp();
  await Promise.all([stop(), stop()]);
});
