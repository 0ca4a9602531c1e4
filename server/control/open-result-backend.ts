import type { TransportOptions } from '../brokers/open-consumer.ts';
import { openReplyBox } from '../brokers/open-reply-box.ts';
import { openResultTable } from '../brokers/open-result-table.ts';
import { AppError } from '../errors.ts';
import { openDatabaseResults } from './results-database.ts';
import { openRedisResults } from './results-redis.ts';
import { openRpcResults } from './results-rpc.ts';
import type { ResultBackend } from './results.ts';

export interface ResultBackendOptions {
  /** Celery's `result_backend`. */
  url: string;
  /** Celery's `result_backend_transport_options`. */
  transport: Readonly<Record<string, unknown>>;
  /** For `rpc://`, which is the broker. */
  broker: { url: string; transport: Partial<TransportOptions> };
  /** How long an aborted task is remembered, in seconds: Celery's `result_expires`. */
  expiresS: () => number;
}

/** Whether results of this backend can be read at all; others (memcached, MongoDB…) are no mistake. */
export function isReadableBackend(url: string): boolean {
  return /^(?:redis|rediss|redis\+socket|sentinel|rpc|db\+\w+(?:\+\w+)?):\/\//.test(url);
}

export const readableBackends =
  'Accepted are redis://, rediss://, redis+socket://, sentinel://, rpc://, db+postgresql://, db+mysql://, db+mariadb:// and db+sqlite:///';

/** Nothing is connected before the first question. @throws {AppError} `bad_config` */
export function openResultBackend({ url, transport, broker, expiresS }: ResultBackendOptions): ResultBackend {
  if (/^(redis|rediss|redis\+socket|sentinel):\/\//.test(url)) return openRedisResults({ url, transport, expiresS });
  if (/^rpc:\/\//.test(url)) return openRpcResults(openReplyBox(broker.url, broker.transport));
  if (url.startsWith('db+')) return openDatabaseResults(openResultTable({ url }));
  throw new AppError('bad_config', `result_backend: this is a backend that is not read. ${readableBackends}.`);
}
