import { describe, expect, it, vi } from 'vitest';
import { toBackoffMs } from '../../server/brokers/backoff.ts';
import type { ConnectionState, Delivery, LossCause } from '../../server/brokers/broker.ts';
import { readBrokerUrls } from '../../server/brokers/broker-url.ts';
import { toReason } from '../../server/brokers/reason.ts';
import { ReconnectingConsumer } from '../../server/brokers/reconnecting-consumer.ts';
import type { OpenSession, SessionEvents } from '../../server/brokers/session.ts';

const message = { body: 'x', envelope: false, routingKey: '' };

/** A consumer over sessions that do what the test says. */
function openConsumer(
  urlText: string,
  refuses: (host: string) => boolean = () => false,
  { causeBefore, closing = Promise.resolve() }: { causeBefore?: LossCause; closing?: Promise<void> } = {},
) {
  const opened: { host: string; events: SessionEvents; acked: number[]; closed: boolean }[] = [];
  const tried: string[] = [];
  const openSession: OpenSession = (url, events) => {
    const host = 'host' in url ? url.host : '';
    tried.push(host);
    if (refuses(host)) return Promise.reject(new Error(`no ${url.password} for you`));
    const session = { host, events, acked: [] as number[], closed: false };
    opened.push(session);
    return Promise.resolve({
      causeBefore: opened.length > 1 ? causeBefore : undefined,
      ack: (count) => void session.acked.push(count),
      broadcast: () => Promise.reject(new Error('refused hunter2')),
      close: () => closing.then(() => void (session.closed = true)),
    });
  };
  const deliveries: Delivery[] = [];
  const states: ConnectionState[] = [];
  const warnings: object[] = [];
  const consumer = new ReconnectingConsumer({
    maskedUrl: 'masked',
    urls: readBrokerUrls(urlText, '--broker'),
    redelivers: true,
    openSession,
    log: { info: () => undefined, warn: (_message, fields) => void warnings.push(fields ?? {}) },
  });
  const onDelivery = (delivery: Delivery) => {
    deliveries.push(delivery);
    if (delivery.body === 'bad') throw new Error('a fault of ours');
  };
  const overflows: boolean[] = [];
  consumer.start({
    onDelivery,
    onState: (state) => void states.push(state),
    onOverflow: (isOverflowing) => void overflows.push(isOverflowing),
  });
  const untilOpened = (count: number) => vi.waitFor(() => expect(opened[count - 1]).toBeDefined(), { timeout: 5_000 });
  return { consumer, opened, tried, deliveries, states, overflows, warnings, untilOpened };
}

describe('a reconnecting consumer', () => {
  it('counts deliveries over reconnects, and acknowledges each session in its own count', async () => {
    const { consumer, opened, deliveries, untilOpened } = openConsumer('amqp://h');
    await untilOpened(1);
    for (let n = 0; n < 3; n++) opened[0]?.events.onMessage(message);
    consumer.ack(2);
    opened[0]?.events.onEnd(new Error('gone'));
    await untilOpened(2);
    await vi.waitFor(() => expect(opened[0]?.closed).toBe(true));
    opened[0]?.events.onMessage(message);
    for (let n = 0; n < 2; n++) opened[1]?.events.onMessage(message);
    consumer.ack(3);
    consumer.ack(4);
    consumer.ack(99);
    expect(deliveries.map(({ tag }) => tag)).toEqual([1, 2, 3, 4, 5]);
    expect(opened.map(({ acked }) => acked)).toEqual([[2], [1, 2]]);
    await consumer.stop();
  });

  it('begins again at the broker that answered last', async () => {
    const { consumer, opened, tried, untilOpened } = openConsumer('amqp://a;amqp://b;amqp://c', (host) => host === 'a');
    await untilOpened(1);
    opened[0]?.events.onEnd(new Error('gone'));
    await untilOpened(2);
    expect(tried).toEqual(['a', 'b', 'b']);
    await consumer.stop();
  });

  it('says since when and why it is not connected, once for each reason, without the password', async () => {
    const { consumer, tried, states } = openConsumer('amqp://u:hunter2@h', () => true);
    await vi.waitFor(() => expect(tried.length).toBeGreaterThan(1), { timeout: 5_000 });
    expect(states).toEqual([
      { connected: false, sinceMs: expect.any(Number) as number, error: 'amqp://u:**@h: no ** for you' },
    ]);
    await consumer.stop();
    expect(states.at(-1)).toMatchObject({ connected: false, error: null, sinceMs: states[0]?.sinceMs });
  });

  it('says at once that a connection is lost, and since when, however long its sockets take to close', async () => {
    const closing = new Promise<void>((resolve) => setTimeout(resolve, 300));
    const { opened, consumer, states, untilOpened } = openConsumer('amqp://h', undefined, { closing });
    await untilOpened(1);
    opened[0]?.events.onEnd(new Error('gone'), 12_345);
    await vi.waitFor(() => expect(states).toHaveLength(2), { timeout: 200, interval: 5 });
    expect(states[1]).toEqual({ connected: false, sinceMs: 12_345, error: 'amqp://h: gone' });
    expect(opened[0]?.closed).toBe(false);
    await untilOpened(2);
    await consumer.stop();
  });

  it('makes a new connection when told that nothing comes through the old one', async () => {
    const { consumer, opened, states, untilOpened } = openConsumer('amqp://h');
    await untilOpened(1);
    await vi.waitFor(() => expect(states).toHaveLength(1));
    consumer.reconnect('no events for 30 s', 12_345);
    await untilOpened(2);
    expect(states[1]).toEqual({ connected: false, sinceMs: 12_345, error: 'amqp://h: no events for 30 s' });
    expect(opened[0]?.closed).toBe(true);
    await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ connected: true }));
    await consumer.stop();
  });

  it('passes on why the connection before was lost', async () => {
    const { consumer, opened, states, untilOpened } = openConsumer('redis://h', undefined, { causeBefore: 'cut-off' });
    await untilOpened(1);
    opened[0]?.events.onEnd(new Error('gone'));
    await vi.waitFor(() => expect(states).toHaveLength(3), { timeout: 5_000 });
    expect(states[0]).not.toHaveProperty('cause');
    expect(states[2]).toMatchObject({ connected: true, cause: 'cut-off' });
    await consumer.stop();
  });

  it('tells of each change, over a reconnect too, whether the broker throws away what it is to keep', async () => {
    const { consumer, opened, overflows, untilOpened } = openConsumer('amqp://h');
    await untilOpened(1);
    for (const isOverflowing of [false, true, true]) opened[0]?.events.onOverflow(isOverflowing);
    opened[0]?.events.onEnd(new Error('gone'));
    await untilOpened(2);
    for (const isOverflowing of [true, false, false]) opened[1]?.events.onOverflow(isOverflowing);
    expect(overflows).toEqual([true, false]);
    await consumer.stop();
  });

  it('survives a handler that throws', async () => {
    const { consumer, opened, deliveries, warnings, untilOpened } = openConsumer('amqp://h');
    await untilOpened(1);
    opened[0]?.events.onMessage({ ...message, body: 'bad' });
    opened[0]?.events.onMessage(message);
    expect(deliveries).toHaveLength(2);
    expect(warnings).toMatchObject([{ error: 'Error: a fault of ours' }]);
    await consumer.stop();
  });

  it('hands nothing over after it was stopped', async () => {
    const { consumer, opened, deliveries, states, untilOpened } = openConsumer('amqp://h');
    await untilOpened(1);
    await consumer.stop();
    opened[0]?.events.onMessage(message);
    expect(deliveries).toEqual([]);
    expect(opened).toMatchObject([{ closed: true }]);
    expect(states.at(-1)).toMatchObject({ connected: false, error: null });
    await expect(consumer.broadcast({ body: '{}', headers: {} })).rejects.toMatchObject({ code: 'broker_unavailable' });
  });

  it('shows no password when a broadcast fails', async () => {
    const { consumer, states } = openConsumer('amqp://u:hunter2@h');
    await vi.waitFor(() => expect(states).toHaveLength(1));
    await expect(consumer.broadcast({ body: '{}', headers: {} })).rejects.toThrow(
      /masked cannot be reached.*refused \*\*/,
    );
    await consumer.stop();
  });
});

describe('toBackoffMs', () => {
  it('doubles from half a second to fifteen', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 1e9].map((failures) => toBackoffMs(failures, 0))).toEqual([
      500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000,
    ]);
  });

  it('is shortened by chance, by a quarter at most', () => {
    expect(toBackoffMs(0, 1)).toBe(375);
  });
});

describe('toReason', () => {
  it('hides the password, plain and as written in a URL', () => {
    expect(toReason(new Error('bad p@ss in amqp://u:p%40ss@h'), { password: 'p@ss' })).toBe('bad ** in amqp://u:**@h');
  });

  it('leaves the default password alone, which is a user name too', () => {
    expect(toReason(new Error("user 'guest'"), { password: 'guest' })).toBe("user 'guest'");
  });

  it('names each address that a host has', () => {
    const errors = [new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')];
    expect(toReason(new AggregateError(errors), { password: '' })).toBe(
      'connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1',
    );
  });
});
