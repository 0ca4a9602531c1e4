/**
 * A cluster's traffic, published from a process of its own, which tells its parent what it did. In: an order as JSON in
 * the first argument. With a rate it publishes every 20 ms what happened since; without, it serialises all messages
 * first, waits for any message of its parent, and publishes them as fast as the broker takes them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openAmqpOutlet, openRedisOutlet, type Outlet } from './outlets.ts';
import { Traffic, type WireMessage } from './traffic.ts';

export interface PublisherOrder {
  broker: 'redis' | 'amqp';
  url: string;
  firstTask: number;
  tasks: number;
  /** Tasks a second; 0: as fast as the broker takes them. */
  rate: number;
  /** On Redis: how many messages a sender sends before it waits for the answers; Celery sends one. */
  window: number;
}

/** To the parent, as they happen. */
export type PublisherReport = { kind: 'ready' } | ({ kind: 'done' } & Published);

export interface Published {
  events: number;
  messages: number;
  /** Of the bodies, as JSON. */
  bytes: number;
  seconds: number;
}

/** Real workers flush at each turn of their event loops. */
const sliceMs = 20;
/** Flat out, tasks are dated as if they had run at this rate up to now. */
const nominalRate = 2000;
const nominalSliceSeconds = 0.1;

async function main(order: PublisherOrder): Promise<void> {
  process.once('disconnect', () => process.exit());
  const { broker, url, window } = order;
  const outlet = await (broker === 'redis' ? openRedisOutlet(url, window) : openAmqpOutlet(url));
  const done = await (order.rate > 0 ? publishAtRate(order, outlet) : publishFlatOut(order, outlet));
  await outlet.close();
  report({ kind: 'done', ...done });
}

async function publishFlatOut({ firstTask, tasks }: PublisherOrder, outlet: Outlet): Promise<Published> {
  const start = Date.now() / 1000 - tasks / nominalRate;
  const traffic = new Traffic(firstTask, firstTask + tasks, start, nominalRate);
  const done = { events: 0, messages: 0, bytes: 0, seconds: 0 };
  const parcels: unknown[] = [];
  for (let until = start; !traffic.isOver; until += nominalSliceSeconds) {
    const messages = traffic.take(until);
    count(done, messages);
    parcels.push(outlet.prepare(messages));
  }
  await toldToGo();
  const startedMs = performance.now();
  for (const parcel of parcels) await outlet.send(parcel);
  await outlet.taken();
  return { ...done, seconds: (performance.now() - startedMs) / 1000 };
}

async function publishAtRate({ firstTask, tasks, rate }: PublisherOrder, outlet: Outlet): Promise<Published> {
  await toldToGo();
  const startedMs = performance.now();
  const start = Date.now() / 1000;
  const traffic = new Traffic(firstTask, firstTask + tasks, start, rate);
  const done = { events: 0, messages: 0, bytes: 0, seconds: 0 };
  for (let slice = 1; !traffic.isOver; slice++) {
    await sleep(Math.max(0, startedMs + slice * sliceMs - performance.now()));
    const messages = traffic.take(start + (slice * sliceMs) / 1000);
    count(done, messages);
    await outlet.send(outlet.prepare(messages));
  }
  await outlet.taken();
  return { ...done, seconds: (performance.now() - startedMs) / 1000 };
}

function count(done: Published, messages: WireMessage[]): void {
  for (const { events, body } of messages) {
    done.events += events;
    done.messages += 1;
    done.bytes += body.length;
  }
}

function toldToGo(): Promise<void> {
  return new Promise((resolve) => {
    process.once('message', () => resolve());
    report({ kind: 'ready' });
  });
}

function report(said: PublisherReport): void {
  process.send?.(said);
}

await main(JSON.parse(process.argv[2] ?? '') as PublisherOrder);
