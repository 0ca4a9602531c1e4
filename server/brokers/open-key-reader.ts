import { AppError } from '../errors.ts';
import { readBrokerUrls, type RedisUrl } from './broker-url.ts';
import { toReason } from './reason.ts';
import { openRedis, type SentinelOptions } from './redis-client.ts';
import { maskUrl } from './url-text.ts';

/** Reads texts that others keep in a Redis. Connected only while it reads. */
export interface KeyReader {
  /**
   * One text a key, in their order; null where there is none.
   * @throws {AppError} `store_unavailable`
   */
  read(keys: readonly string[]): Promise<(string | null)[]>;
}

export interface KeyReaderOptions {
  url: string;
  /** What the user wrote it in, for errors. */
  source: string;
  sentinel?: SentinelOptions;
}

const keysAtOnce = 200;

/** @throws {AppError} `bad_config` for a URL that is none of Redis */
export function openKeyReader({ url, source, sentinel = {} }: KeyReaderOptions): KeyReader {
  const [first] = readBrokerUrls(url, source);
  if (!first || first.kind === 'amqp') throw new AppError('bad_config', `${source}: '${maskUrl(url)}' is no Redis.`);
  return {
    async read(keys) {
      try {
        return await readAll(first, sentinel, keys);
      } catch (error) {
        throw new AppError('store_unavailable', `${first.masked} cannot be read now: ${toReason(error, first)}`);
      }
    },
  };
}

async function readAll(url: RedisUrl, sentinel: SentinelOptions, keys: readonly string[]): Promise<(string | null)[]> {
  const redis = await openRedis(url, sentinel);
  redis.options.commandTimeout = url.connectTimeoutMs;
  try {
    if (url.db !== 0) await redis.select(url.db);
    const texts: (string | null)[] = [];
    for (let at = 0; at < keys.length; at += keysAtOnce) {
      texts.push(...(await redis.mget(...keys.slice(at, at + keysAtOnce))));
    }
    return texts;
  } finally {
    redis.disconnect();
  }
}
