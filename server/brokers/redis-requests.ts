/**
 * One request to all workers over Redis, and their replies, as kombu does it (`kombu.pidbox`, `kombu.transport.redis`):
 * a member in the set of the reply exchange's bindings says in which list a worker puts its reply. Both are gone after
 * use. Should we be killed meanwhile, the list expires by itself, and the member is taken away by a later request.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { RedisUrl } from './broker-url.ts';
import { toReplyExchange, toRequestExchange, type Question } from './question.ts';
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
const pollEveryMs = 20;
/** How long the list of a killed process lives, besides the time it was waited for. */
const listLifeS = 60;
/** A member older than this belongs to no request any more. */
const memberLifeS = 600;

/** Settles when enough was answered, or at the limit. */
export async function askOnRedis(
  url: RedisUrl,
  options: RedisRequestOptions,
  question: Question,
  signal: AbortSignal,
): Promise<void> {
  const redis = await openRedis(url, options);
  redis.options.commandTimeout = url.connectTimeoutMs;
  const exchange = toReplyExchange(options.controlExchange);
  const bindings = `${options.globalKeyprefix}_kombu.binding.${exchange}`;
  const list = `${options.globalKeyprefix}${question.replyKey}.${exchange}`;
  const member = toMember(question.replyKey, exchange);
  try {
    if (url.db !== 0) await redis.select(url.db);
    await execute(redis, [
      ['sadd', bindings, member],
      ['rpush', list, anchor],
      ['expire', list, String(listLifeS + Math.ceil(question.limitMs / 1000))],
    ]);
    await publish(redis, url, options, question);
    await collect(redis, list, question, signal);
    await redis.srem(bindings, member);
    // In a turn of its own: what a worker was about to push to the list has come by then.
    await redis.del(list);
    await removeStale(redis, bindings, { prefix: options.globalKeyprefix, exchange, nowS: Date.now() / 1000 });
  } finally {
    redis.disconnect();
  }
}

function toMember(key: string, exchange: string): string {
  return [key, '', `${key}.${exchange}`].join(separator);
}

async function publish(redis: Redis, url: RedisUrl, options: RedisRequestOptions, question: Question): Promise<void> {
  const exchange = toRequestExchange(options.controlExchange);
  const envelope = toEnvelope(question.request, exchange);
  await Promise.all(toChannels(exchange, url, options).map((channel) => redis.publish(channel, envelope)));
}

async function collect(redis: Redis, list: string, question: Question, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + question.limitMs;
  for (;;) {
    const [replies] = await execute(redis, [
      ['lrange', list, '0', '-2'],
      ['ltrim', list, '-1', '-1'],
    ]);
    for (const body of replies as string[]) {
      if (question.onReply({ body, envelope: true, routingKey: question.replyKey })) return;
    }
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0 || signal.aborted) return;
    await sleep(Math.min(pollEveryMs, leftMs), undefined, { signal }).catch(() => undefined);
  }
}

/** Members that requests of ours left behind when their process was killed, and their lists. */
async function removeStale(
  redis: Redis,
  bindings: string,
  { prefix, exchange, nowS }: { prefix: string; exchange: string; nowS: number },
): Promise<void> {
  const keys = (await redis.smembers(bindings)).map((member) => member.split(separator)[0] ?? '');
  const stale = keys.filter((key) => {
    const madeAtS = /^herbarium\.(\d+)\./.exec(key)?.[1];
    return madeAtS !== undefined && nowS - Number(madeAtS) > memberLifeS;
  });
  if (stale.length === 0) return;
  await redis.srem(bindings, ...stale.map((key) => toMember(key, exchange)));
  await redis.del(...stale.map((key) => `${prefix}${key}.${exchange}`));
}

/** Several commands as one; rejects with the first error. */
async function execute(redis: Redis, commands: string[][]): Promise<unknown[]> {
  const answers = (await redis.multi(commands).exec()) ?? [];
  return answers.map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}
