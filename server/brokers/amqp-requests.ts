/**
 * One request to all workers over AMQP, and their replies (`kombu.pidbox`). The reply queue belongs to our connection
 * alone and goes with it, also when we are killed.
 */
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { closeAmqp, openAmqp } from './amqp-client.ts';
import { publishConfirmed, toMessage } from './amqp-session.ts';
import type { AmqpUrl } from './broker-url.ts';
import type { Broadcast } from './broker.ts';
import { toReplyExchange, toRequestExchange, type Errand, type Question } from './question.ts';
import { settleWithin } from './session.ts';

/** A busy cluster takes its time to agree on a queue. */
const declareLimitMs = 10_000;
/** Celery's defaults (`control_queue_expires`, `control_queue_ttl`). */
const queueArguments = { 'x-expires': 10_000, 'x-message-ttl': 300_000 };

/** Settles when enough was answered, or at the limit; without a question, when the request is published. */
export async function runOnAmqp(
  url: AmqpUrl,
  { controlExchange }: { controlExchange: string },
  errand: Errand,
  signal: AbortSignal,
): Promise<void> {
  const model = await openAmqp(url);
  const over = new AbortController();
  let channel: ConfirmChannel | null = null;
  try {
    channel = await settleWithin(model.createConfirmChannel(), declareLimitMs, 'no channel was opened');
    const ended = endOf(model, channel, AbortSignal.any([signal, over.signal]));
    // It may break before anybody waits for it.
    ended.catch(() => undefined);
    const isAsked = 'replyKey' in errand;
    const started = isAsked
      ? ask(channel, controlExchange, errand, () => over.abort())
      : publish(channel, toRequestExchange(controlExchange), errand.request);
    await Promise.race([settleWithin(started, declareLimitMs, 'the broker did not take the request'), ended]);
    if (!isAsked) return;
    const timer = setTimeout(() => over.abort(), errand.limitMs);
    await ended.finally(() => clearTimeout(timer));
  } finally {
    await closeAmqp(model, channel);
  }
}

/** Settles when `signal` says so, rejects when the connection breaks before. */
function endOf(model: ChannelModel, channel: ConfirmChannel, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    channel.on('error', reject);
    model.on('close', (error?: Error) => reject(error ?? new Error('the broker closed the connection')));
  });
}

async function ask(
  channel: ConfirmChannel,
  controlExchange: string,
  question: Question,
  enough: () => void,
): Promise<void> {
  const replies = toReplyExchange(controlExchange);
  const queue = `${question.replyKey}.${replies}`;
  await channel.assertExchange(replies, 'direct', { durable: false });
  await channel.assertQueue(queue, { durable: false, exclusive: true, autoDelete: true, arguments: queueArguments });
  await channel.bindQueue(queue, replies, question.replyKey);
  const receive = (message: Parameters<typeof toMessage>[0] | null): void => {
    if (message !== null && question.onReply(toMessage(message))) enough();
  };
  await channel.consume(queue, receive, { noAck: true });
  await publish(channel, toRequestExchange(controlExchange), question.request);
}

/** Where no worker was ever up the exchange is missing, and publishing to it would end the channel. */
async function publish(channel: ConfirmChannel, exchange: string, request: Broadcast): Promise<void> {
  await channel.assertExchange(exchange, 'fanout', { durable: false });
  await publishConfirmed(channel, exchange, request);
}
