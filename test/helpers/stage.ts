/** What a test of the whole program needs, made for that test and gone after it. */
import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, vi } from 'vitest';
import type { StatusBody } from '../../server/contract/status.ts';
import type { Engine } from '../../server/store/store.ts';
import { openPublisher, type BrokerKind, type Publisher } from './publisher.ts';
import { makeVhost, type TestVhost } from './rabbitmq.ts';
import { startRedisServer, type RedisServer } from './redis-server.ts';
import { startServer, type RunningServer, type ServerOptions } from './server.ts';
import { makeStore, type TestStore } from './stores.ts';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** For `vi.waitFor`: as long as it may take on a machine that has much else to do. */
export const patiently = { timeout: 60_000, interval: 100 };

export async function useRedis(args: string[] = []): Promise<RedisServer & { url: string }> {
  const redis = await startRedisServer(args);
  onTestFinished(() => redis.remove());
  return { ...redis, url: `redis://127.0.0.1:${redis.port}/0` };
}

export async function useVhost(): Promise<TestVhost> {
  const vhost = await makeVhost(`faults-${randomUUID()}`);
  onTestFinished(() => vhost.remove());
  return vhost;
}

export async function useBroker(kind: BrokerKind): Promise<string> {
  return (await (kind === 'redis' ? useRedis() : useVhost())).url;
}

/** The same broker, through a wire that can be broken. */
export async function useWire(brokerUrl: string): Promise<TcpProxy & { url: string }> {
  const url = new URL(brokerUrl);
  const proxy = await openTcpProxy(Number(url.port));
  onTestFinished(() => proxy.close());
  url.port = String(proxy.port);
  return { ...proxy, url: url.href };
}

export async function useStore(engine: Engine = 'sqlite'): Promise<TestStore> {
  const store = await makeStore(engine);
  onTestFinished(() => store.remove());
  return store;
}

export function usePublisher(kind: BrokerKind, url: string): Publisher {
  const publisher = openPublisher(kind, url);
  onTestFinished(() => publisher.close());
  return publisher;
}

/** Started, and connected to its broker. However it ends, no thread of it may have died before. */
export async function useServer(options: ServerOptions): Promise<RunningServer> {
  const server = await startServer(options);
  onTestFinished(async () => {
    await server.kill();
    expect(server.log()).not.toMatch(/started anew|node:internal/);
  });
  await untilConnected(server);
  return server;
}

export async function getJson<Body>(url: string): Promise<Body> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Body;
}

export const readStatus = ({ url }: RunningServer) => getJson<StatusBody>(`${url}/api/status`);

export const untilConnected = (server: RunningServer) =>
  vi.waitFor(async () => expect((await readStatus(server)).brokers[0]).toMatchObject({ connected: true }), patiently);

/** Waits until the store holds so many events, whoever stored them. */
export const untilStored = (server: RunningServer, events: number) =>
  vi.waitFor(async () => expect((await readStatus(server)).store.events).toBeGreaterThanOrEqual(events), patiently);

/** Waits until the server has stored all that it received before `atMs`. */
export const untilCaughtUp = (server: RunningServer, atMs: number) =>
  vi.waitFor(async () => {
    const askedMs = Date.now();
    expect((await readStatus(server)).ingest.lag_ms).toBeLessThan(askedMs - atMs);
  }, patiently);
