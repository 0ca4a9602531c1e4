import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LiveMessage, LiveSubscribe } from '../../server/contract/live.ts';
import { openLive, toRetryMs, type Live, type Socket, type SocketState } from '../../web/src/api/live.ts';
import { statusBody, taskBody } from '../helpers/bodies.ts';

/** A socket that does as it is told: the wire is what is broken here. */
class FakeSocket implements Socket {
  onopen: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  sent: LiveSubscribe[] = [];
  isClosed = false;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as LiveSubscribe);
  }
  close(): void {
    this.isClosed = true;
  }
  say(message: LiveMessage | string): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) } as never);
  }
}

let sockets: FakeSocket[];
let states: SocketState[];
let live: Live;
const last = () => sockets.at(-1) ?? new FakeSocket();
const open = () => last().onopen?.(undefined as never);
const breakOff = () => last().onclose?.(undefined as never);
const settle = () => vi.advanceTimersByTimeAsync(0);
const status = (): LiveMessage => ({ topic: 'status', status: statusBody() });

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  states = [];
  live = openLive({
    connect: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    onState: (state) => states.push(state),
    onStatus: () => undefined,
    random: () => 0,
  });
});

afterEach(() => {
  live.close();
  vi.useRealTimers();
});

describe('subscriptions', () => {
  it('are sent when the socket opens, each topic once', async () => {
    live.subscribe({ topic: 'tasks' }, { receive: () => undefined });
    live.subscribe({ topic: 'tasks' }, { receive: () => undefined });
    live.subscribe({ topic: 'task', uuid: 'a' }, { receive: () => undefined });
    await settle();
    expect(last().sent).toEqual([]);
    open();
    expect(last().sent).toEqual([{ subscribe: [{ topic: 'tasks' }, { topic: 'task', uuid: 'a' }] }]);
  });

  it('change in one message when the page changes', async () => {
    open();
    const stop = live.subscribe({ topic: 'tasks' }, { receive: () => undefined });
    await settle();
    stop();
    live.subscribe({ topic: 'workers' }, { receive: () => undefined });
    await settle();
    expect(last().sent.map(({ subscribe }) => subscribe.map(({ topic }) => topic))).toEqual([
      [],
      ['tasks'],
      ['workers'],
    ]);
  });

  it('get their own messages and no others', () => {
    open();
    const received: unknown[] = [];
    live.subscribe({ topic: 'task', uuid: 'a' }, { receive: (message) => received.push(message.uuid) });
    last().say({ topic: 'task', uuid: 'b', task: taskBody() });
    last().say({ topic: 'task', uuid: 'a', task: taskBody() });
    last().say({ topic: 'workers', workers: [] });
    last().say('no JSON');
    last().say('null');
    expect(received).toEqual(['a']);
  });
});

describe('a broken socket', () => {
  it('comes back with the same topics, and its subscribers hear that they may have missed something', async () => {
    const resumed = vi.fn();
    live.subscribe({ topic: 'tasks' }, { receive: () => undefined, resumed });
    open();
    expect(resumed).not.toHaveBeenCalled();
    breakOff();
    await vi.advanceTimersByTimeAsync(500);
    open();
    expect(last().sent).toEqual([{ subscribe: [{ topic: 'tasks' }] }]);
    expect(resumed).toHaveBeenCalledOnce();
  });

  it('is tried again ever more slowly, and from the start once it has opened', async () => {
    for (const waitMs of [500, 1000, 2000, 4000, 8000, 15_000, 15_000]) {
      breakOff();
      expect(states.at(-1)).toMatchObject({ phase: 'waiting', retryMs: waitMs });
      await vi.advanceTimersByTimeAsync(waitMs);
    }
    open();
    breakOff();
    expect(states.at(-1)).toMatchObject({ retryMs: 500, failures: 1 });
  });

  it('is tried at once when asked to', () => {
    breakOff();
    live.retry();
    expect(sockets).toHaveLength(2);
  });

  it('is one that says nothing for ten seconds, though it never closed', async () => {
    open();
    await vi.advanceTimersByTimeAsync(9000);
    last().say(status());
    await vi.advanceTimersByTimeAsync(9000);
    expect(states.at(-1)?.phase).toBe('open');
    await vi.advanceTimersByTimeAsync(1500);
    expect(sockets[0]?.isClosed).toBe(true);
    expect(states.some(({ phase }) => phase === 'waiting')).toBe(true);
  });
});

it('spreads the retries of many pages', () => {
  expect(toRetryMs(1, 0.9)).toBe(350);
  expect(toRetryMs(99, 0)).toBe(15_000);
});

it('stays closed once closed', async () => {
  open();
  live.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets).toHaveLength(1);
});
