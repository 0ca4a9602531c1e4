/*
 * The live feed. In: what the page shows, as topics; out: the server's messages, to whom they concern.
 * The socket comes back by itself, with backoff, and asks for the same topics again; a socket that has fallen silent
 * counts as broken, for a laptop that slept keeps one open that nobody answers. It never fetches: what a break has
 * cost is its subscribers' business (`resumed`).
 */
import type { LiveMessage, LiveRequest, LiveSubscribe } from '../../../server/contract/live.ts';
import { readJson } from './api-error.ts';

/** What we need of a WebSocket. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
}

export type SocketState =
  | { phase: 'connecting'; failures: number }
  | { phase: 'open' }
  /** `retryMs`: until the next attempt. */
  | { phase: 'waiting'; failures: number; retryMs: number };

type MessageOf<T extends LiveMessage['topic']> = Extract<LiveMessage, { topic: T }>;

export interface Subscriber<T extends LiveMessage['topic']> {
  receive: (message: MessageOf<T>) => void;
  /** The feed is back after a break: something may have been missed. */
  resumed?: () => void;
}

export interface Live {
  /** Returns how to end it. */
  subscribe<T extends LiveRequest['topic']>(
    request: Extract<LiveRequest, { topic: T }>,
    subscriber: Subscriber<T>,
  ): () => void;
  /** Now, instead of when the backoff says. */
  retry(): void;
  close(): void;
}

export interface LiveOptions {
  connect: () => Socket;
  onState: (state: SocketState) => void;
  onStatus: (message: MessageOf<'status'>) => void;
  /** 0 ≤ n < 1: spreads the retries of many pages after the server's restart. */
  random?: () => number;
}

const firstRetryMs = 500;
const lastRetryMs = 15_000;
/** The server sends its status every two seconds. */
const silenceMs = 10_000;

/** Before the n-th retry: 0.5 s doubling up to 15 s, less up to a third. */
export function toRetryMs(failures: number, random: number): number {
  const full = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (1 - random / 3));
}

interface Subscription {
  request: LiveRequest;
  receive: (message: LiveMessage) => void;
  resumed: () => void;
}

export function openLive({ connect, onState, onStatus, random = Math.random }: LiveOptions): Live {
  const subscriptions = new Set<Subscription>();
  let socket: Socket | null = null;
  let isOpen = false;
  let wasOpen = false;
  let isClosed = false;
  let failures = 0;
  let announced = '';
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let silenceTimer: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    clearTimeout(retryTimer);
    onState({ phase: 'connecting', failures });
    const own = connect();
    socket = own;
    listenForSilence();
    own.onopen = () => opened();
    own.onmessage = (event: { data: unknown }) => received(event.data);
    own.onclose = () => lost();
  }

  function opened(): void {
    isOpen = true;
    failures = 0;
    announced = '';
    announce();
    onState({ phase: 'open' });
    if (wasOpen) for (const subscription of subscriptions) subscription.resumed();
    wasOpen = true;
  }

  function lost(): void {
    drop();
    if (isClosed) return;
    failures += 1;
    const retryMs = toRetryMs(failures, random());
    onState({ phase: 'waiting', failures, retryMs });
    retryTimer = setTimeout(start, retryMs);
  }

  function drop(): void {
    clearTimeout(silenceTimer);
    isOpen = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    socket = null;
  }

  function listenForSilence(): void {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(lost, silenceMs);
  }

  function received(data: unknown): void {
    listenForSilence();
    const message = typeof data === 'string' ? readMessage(data) : null;
    if (!message) return;
    if (message.topic === 'status') onStatus(message);
    for (const { request, receive } of subscriptions) if (concerns(message, request)) receive(message);
  }

  function announce(): void {
    const topics = new Map([...subscriptions].map(({ request }) => [JSON.stringify(request), request]));
    const text = JSON.stringify({ subscribe: [...topics.values()] } satisfies LiveSubscribe);
    if (!isOpen || text === announced) return;
    announced = text;
    socket?.send(text);
  }

  start();
  return {
    subscribe(request, subscriber) {
      const subscription: Subscription = {
        request,
        // `concerns` lets through this topic's messages only.
        receive: subscriber.receive as (message: LiveMessage) => void,
        resumed: () => subscriber.resumed?.(),
      };
      subscriptions.add(subscription);
      // A change of page ends one subscription and begins another: they go out together.
      queueMicrotask(announce);
      return () => {
        subscriptions.delete(subscription);
        queueMicrotask(announce);
      };
    },
    retry() {
      if (isOpen || isClosed) return;
      drop();
      start();
    },
    close() {
      isClosed = true;
      clearTimeout(retryTimer);
      drop();
    },
  };
}

function concerns(message: LiveMessage, request: LiveRequest): boolean {
  if (message.topic === 'task') return request.topic === 'task' && request.uuid === message.uuid;
  return message.topic === request.topic;
}

function readMessage(text: string): LiveMessage | null {
  const body = readJson(text);
  return typeof body === 'object' && body !== null && 'topic' in body ? (body as LiveMessage) : null;
}
