import type { Redis, RedisOptions } from 'ioredis';
import type { RedisUrl } from './broker-url.ts';
import { settleWithin } from './session.ts';
import { toTlsConnection } from './tls.ts';

/** What only a sentinel needs (`master_name` and `sentinel_kwargs` of Celery's `broker_transport_options`). */
export interface SentinelOptions {
  masterName?: string;
  sentinelUser?: string;
  sentinelPassword?: string;
}

/**
 * One connection, with the reconnecting of ioredis turned off: {@link ReconnectingConsumer} does that, for it knows the
 * failover list. No SELECT, for pub/sub is the same in all databases; RESP2, which everything that calls itself Redis
 * speaks. The library is loaded with the first: a thread, or a user, that has no Redis does without its memory.
 */
export async function openRedis(url: RedisUrl, options: SentinelOptions): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(await toRedisOptions(url, options));
  const errors: Error[] = [];
  // ioredis rejects with "Connection is closed." and says why in an event. The listener must stay: without one it
  // prints to the console.
  redis.on('error', (error: Error) => errors.push(error));
  redis.on('sentinelError', (error: Error) => errors.push(error));
  try {
    // The limit of ioredis ends with the TCP handshake; a server may well accept and then say nothing.
    await settleWithin(redis.connect(), url.connectTimeoutMs, 'Redis did not answer');
  } catch (error) {
    redis.disconnect();
    throw url.kind === 'sentinel' ? toSentinelError(errors[0] ?? error, options) : (errors[0] ?? error);
  }
  return redis;
}

async function toRedisOptions(url: RedisUrl, options: SentinelOptions): Promise<RedisOptions> {
  const common: RedisOptions = {
    lazyConnect: true,
    retryStrategy: null,
    autoResubscribe: false,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    protocol: 2,
    connectionName: 'herbarium',
    disableClientInfo: true,
    connectTimeout: url.connectTimeoutMs,
    ...(url.user && { username: url.user }),
    ...((url.user || url.password) && { password: url.password }),
  };
  if (url.kind === 'redis-socket') return { ...common, path: url.path };
  if (url.kind === 'redis') {
    const tls = url.tls && (await toTlsConnection(url.tls, url.host));
    return { ...common, host: url.host, port: url.port, ...(tls && { tls }) };
  }
  const tls = url.tls && (await toTlsConnection(url.tls, null));
  return {
    ...common,
    sentinels: url.sentinels,
    name: options.masterName ?? '',
    sentinelUsername: options.sentinelUser,
    sentinelPassword: options.sentinelPassword,
    sentinelRetryStrategy: () => null,
    sentinelCommandTimeout: url.connectTimeoutMs,
    // With its INFO ioredis makes sure that what the sentinel named is a master still.
    enableReadyCheck: true,
    ...(tls && { tls, enableTLSForSentinelMode: true }),
  };
}

/** A sentinel says that it does not know the master, and not which. */
function toSentinelError(error: unknown, { masterName = '' }: SentinelOptions): Error {
  const said = error instanceof Error ? error.message : String(error);
  return new Error(`${said} (asked for the master '${masterName}')`, { cause: error });
}
