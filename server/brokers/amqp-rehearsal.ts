/**
 * Whether a worker could declare what it is to consume from. RabbitMQ refuses a declaration that differs from what is
 * there, and the refusal ends a Celery worker; here it ends a channel of ours. What is not there is not made: the worker
 * will make it, in its own way.
 */
import type { Channel, ChannelModel } from 'amqplib';
import { closeAmqp, openAmqp } from './amqp-client.ts';
import type { AmqpUrl } from './broker-url.ts';
import { settleWithin } from './session.ts';

/** What a worker declares to consume from a queue (`kombu.Queue`, as `celery.app.amqp` makes it). */
export interface ConsumerPlan {
  queue: string;
  queueArguments: Readonly<Record<string, unknown>>;
  exchange: string;
  exchangeType: string;
}

const limitMs = 10_000;
const notFound = 404;

/** Why it could not; null: it can. Rejects when the broker cannot be asked. */
export async function rehearseOnAmqp(url: AmqpUrl, plan: ConsumerPlan): Promise<string | null> {
  const model = await openAmqp(url);
  try {
    return await settleWithin(rehearse(model, plan), limitMs, 'the broker did not say what it has');
  } finally {
    await closeAmqp(model, null);
  }
}

async function rehearse(model: ChannelModel, plan: ConsumerPlan): Promise<string | null> {
  const { queue, queueArguments, exchange, exchangeType } = plan;
  const withExchange = await compare(model, exchange, {
    look: (channel) => channel.checkExchange(exchange),
    declare: (channel) => channel.assertExchange(exchange, exchangeType, { durable: true, autoDelete: false }),
  });
  if (withExchange !== null) return withExchange;
  return compare(model, queue, {
    look: (channel) => channel.checkQueue(queue),
    declare: (channel) => channel.assertQueue(queue, { durable: true, arguments: queueArguments }),
  });
}

interface Steps {
  look: (channel: Channel) => Promise<unknown>;
  declare: (channel: Channel) => Promise<unknown>;
}

/** Each step on a channel of its own, for a refusal ends it. */
async function compare(model: ChannelModel, name: string, { look, declare }: Steps): Promise<string | null> {
  const found = await attempt(model, look);
  if (found === null) return (await attempt(model, declare))?.message ?? null;
  if (found.code !== notFound) return found.message;
  return name.startsWith('amq.') ? `names that begin with amq. are the broker's own` : null;
}

async function attempt(model: ChannelModel, step: Steps['look']): Promise<{ code: unknown; message: string } | null> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  try {
    await step(channel);
    await channel.close();
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return { code, message: error instanceof Error ? error.message : String(error) };
  }
}
