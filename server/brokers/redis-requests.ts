/**
 * One request to all workers over Redis, and their replies, as kombu does it (`kombu.pidbox`, `kombu.transport.redis`):
 * a member in the set of the reply exchange's bindings says in which list a worker puts its reply. Both are gone after
 * use. Should we be killed meanwhile, the list expires by itself, and the member is taken away by the next request.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Broadcast } from './broker.ts';
import type { RedisUrl } from './broker-url.ts';
import { toReplyExchange, toRequestExchange, isReplyKey, type Errand, type Question } from './question.ts';
import { toChannels, toEnvelope, type ChannelOptions } from './redis-channels.ts';
import { openRedis, type SentinelOptions } from './redis-client.ts';

export type RedisRequestOptions = ChannelOptions & SentinelOptions & { controlExchange: string };

/** kombu's separator of the parts of a binding: routing key, pattern, queue. */
const separator = '\x06\x16';
/**
 * An element of ours at the list's far end, where kombu's own clients never leave one: a list must hold something to have
 * an expiry, and keeps it while workers push. So replies are taken from the other end, by asking, and not by BRPOP.
 */
const anchor = 'herbarium';
/** Between two looks: workers answer within some milliseconds, or late; who waits for a silent one looks more seldom. */
const leastPauseMs = 20;
const mostPauseMs = 200;
/** How long the list of a killed process lives; that of a living one is given as much again every second. */
const listLifeS = 10;
const renewEveryMs = 1000;

/** Settles when enough was answered, or at the limit; without a question, when the request is published. */
export async function runOnRedis(
  url: RedisUrl,
  options: RedisRequestOptions,
  errand: Errand,
  signal: AbortSignal,
): Promise<void> {
  const redis = await openRedis(url, options);
  redis.options.commandTimeout = url.connectTimeoutMs;
  try {
    if (!('replyKey' in errand)) await publish(redis, url, options, errand.request);
    else {
      if (url.db !== 0) await redis.select(url.db);
      await ask(redis, url, options, errand, signal);
    }
  } finally {
    redis.disconnect();
  }
}

async function ask(
  redis: Redis,
  url: RedisUrl,
  options: RedisRequestOptions,
  question: Question,
  signal: AbortSignal,
): Promise<void> {
  const exchange = toReplyExchange(options.controlExchange);
  const bindings = `${options.globalKeyprefix}_kombu.binding.${exchange}`;
  const list = `${options.globalKeyprefix}${question.replyKey}.${exchange}`;
  const member = toMember(question.replyKey, exchange);
  await removeStale(redis, bindings, { prefix: options.globalKeyprefix, exchange });
  await execute(redis, [
    ['sadd', bindings, member],
    ['rpush', list, anchor],
    ['expire', list, String(listLifeS)],
  ]);
  await publish(redis, url, options, question.request);
  await collect(redis, list, question, signal);
  await redis.srem(bindings, member);
  // In a turn of its own: what a worker was about to push to the list has come by then.
  await redis.del(list);
}

function toMember(key: string, exchange: string): string {
  return [key, '', `${key}.${exchange}`].join(separator);
}

async function publish(redis: Redis, url: RedisUrl, options: RedisRequestOptions, request: Broadcast): Promise<void> {
  const exchange = toRequestExchange(options.controlExchange);
  const envelope = toEnvelope(request, exchange);
  await Promise.all(toChannels(exchange, url, options).map((channel) => redis.publish(channel, envelope)));
}

async function collect(redis: Redis, list: string, question: Question, signal: AbortSignal): Promise<void> {
  const askedMs = performance.now();
  const deadlineMs = askedMs + question.limitMs;
  let renewedMs = performance.now();
  for (;;) {
    if (performance.now() - renewedMs > renewEveryMs) {
      renewedMs = performance.now();
      await redis.expire(list, listLifeS);
    }
    const [replies] = await execute(redis, [
      ['lrange', list, '0', '-2'],
      ['ltrim', list, '-1', '-1'],
    ]);
    for (const body of replies as string[]) {
      if (question.onReply({ body, envelope: true, routingKey: question.replyKey })) return;
    }
    const now = performance.now();
    const leftMs = deadlineMs - now;
    if (leftMs <= 0 || signal.aborted) return;
    const pauseMs = Math.min(Math.max(leastPauseMs, (now - askedMs) / 5), mostPauseMs, leftMs);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Members whose process was killed: their list is gone, or a worker that answered too late has made it anew, without an
 * expiry. A living process has both, from the first to the last moment of its question.
 */
async function removeStale(
  redis: Redis,
  bindings: string,
  { prefix, exchange }: { prefix: string; exchange: string },
): Promise<void> {
  const members = await redis.smembers(bindings);
  const keys = members.map((member) => member.split(separator)[0] ?? '').filter(isReplyKey);
  if (keys.length === 0) return;
  const toList = (key: string): string => `${prefix}${key}.${exchange}`;
  const lives = await execute(
    redis,
    keys.map((key) => ['ttl', toList(key)]),
  );
  const stale = keys.filter((_, at) => Number(lives[at]) < 0);
  if (stale.length === 0) return;
  await redis.srem(bindings, ...stale.map((key) => toMember(key, exchange)));
  await redis.del(...stale.map(toList));
}

/** Several commands as one; rejects with the first error. */
async function execute(redis: Redis, commands: string[][]): Promise<unknown[]> {
  const answers = (await redis.multi(commands).exec()) ?? [];
  return answers.map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
