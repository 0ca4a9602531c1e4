import type { Redis } from 'ioredis';
import { AppError } from '../errors.ts';
import { readBrokerUrls, type RedisUrl } from './broker-url.ts';
import { toReason } from './reason.ts';
import { openRedis, type SentinelOptions } from './redis-client.ts';
import { maskUrl } from './url-text.ts';

/**
 * The texts that Celery keeps in a Redis, each under a key, and announces on the channel of that name
 * (`celery.backends.redis`). Connected only while something is asked.
 */
export interface ResultKeys {
  /**
   * One text a key, in their order; null where there is none.
   * @throws {AppError} `store_unavailable`
   */
  read(keys: readonly string[]): Promise<(string | null)[]>;
  /**
   * The text as soon as `isEnough`, or as it is when `signal` says that it must do.
   * @throws {AppError} `store_unavailable`
   */
  wait(key: string, isEnough: (text: string) => boolean, signal: AbortSignal): Promise<string | null>;
  /**
   * Writes and announces a text, unless one is there that `mayStay`.
   * @throws {AppError} `store_unavailable`
   */
  write(key: string, text: string, options: { ttlS: number; mayStay: (text: string) => boolean }): Promise<void>;
}

export interface ResultKeysOptions {
  url: string;
  /** What the user wrote it in, for errors. */
  source: string;
  sentinel?: SentinelOptions;
}

const keysAtOnce = 200;
/** An announcement may be lost while Redis changes its master. */
const lookAgainMs = 5000;
/** Somebody else writes to the same key, again and again. */
const writeTries = 5;

/** @throws {AppError} `bad_config` for a URL that is none of Redis */
export function openResultKeys({ url, source, sentinel = {} }: ResultKeysOptions): ResultKeys {
  const [first] = readBrokerUrls(url, source);
  if (!first || first.kind === 'amqp') throw new AppError('bad_config', `${source}: '${maskUrl(url)}' is no Redis.`);
  const connected = async <T>(work: (redis: Redis, listener: () => Promise<Redis>) => Promise<T>): Promise<T> => {
    const opened: Redis[] = [];
    const open = async (): Promise<Redis> => {
      const redis = await openAt(first, sentinel);
      opened.push(redis);
      return redis;
    };
    try {
      return await work(await open(), open);
    } catch (error) {
      throw new AppError('store_unavailable', `${first.masked} cannot be used now: ${toReason(error, first)}`);
    } finally {
      for (const redis of opened) redis.disconnect();
    }
  };
  return {
    read: (keys) => connected((redis) => readAll(redis, keys)),
    wait: (key, isEnough, signal) =>
      connected(async (redis, open) => waitFor(redis, await open(), { key, isEnough, signal })),
    write: (key, text, options) => connected((redis) => write(redis, key, text, options)),
  };
}

async function openAt(url: RedisUrl, sentinel: SentinelOptions): Promise<Redis> {
  const redis = await openRedis(url, sentinel);
  redis.options.commandTimeout = url.connectTimeoutMs;
  if (url.db !== 0) await redis.select(url.db);
  return redis;
}

async function readAll(redis: Redis, keys: readonly string[]): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    texts.push(...(await redis.mget(...keys.slice(at, at + keysAtOnce))));
  }
  return texts;
}

interface Wait {
  key: string;
  isEnough: (text: string) => boolean;
  signal: AbortSignal;
}

/** As Celery's own client: listens first, then looks, then takes what it hears. */
async function waitFor(redis: Redis, listener: Redis, { key, isEnough, signal }: Wait): Promise<string | null> {
  let last: string | null = null;
  let wake: () => void = () => undefined;
  const hear = (text: string | null): void => {
    last = text ?? last;
    wake();
  };
  listener.on('message', (_channel: string, text: string) => hear(text));
  let isLost = false;
  listener.on('end', () => {
    isLost = true;
    wake();
  });
  await listener.subscribe(key);
  hear(await redis.get(key));
  while (!signal.aborted && (last === null || !isEnough(last))) {
    if (isLost) throw new Error('the connection was lost');
    const slept = await sleepUntil((done) => (wake = done), signal);
    if (slept === 'long') hear(await redis.get(key));
  }
  return last;
}

function sleepUntil(onWaker: (wake: () => void) => void, signal: AbortSignal): Promise<'woken' | 'long'> {
  return new Promise((resolve) => {
    const end = (how: 'woken' | 'long') => (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', woken);
      resolve(how);
    };
    const woken = end('woken');
    const timer = setTimeout(end('long'), lookAgainMs);
    signal.addEventListener('abort', woken, { once: true });
    onWaker(woken);
  });
}

async function write(
  redis: Redis,
  key: string,
  text: string,
  { ttlS, mayStay }: Parameters<ResultKeys['write']>[2],
): Promise<void> {
  for (let tries = 0; tries < writeTries; tries++) {
    await redis.watch(key);
    const there = await redis.get(key);
    if (there !== null && mayStay(there)) return;
    const answers = await redis.multi().setex(key, ttlS, text).publish(key, text).exec();
    // null: what was watched has changed meanwhile.
    if (answers === null) continue;
    for (const [error] of answers) if (error) throw error;
    return;
  }
  throw new Error('the key is written to by others all the time');
}
