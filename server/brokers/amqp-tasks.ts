/**
 * One task message over AMQP, as Celery's producer sends it (`celery.app.amqp`, `kombu.messaging`), but that it is told
 * when the message would be lost.
 */
import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { AppError } from '../errors.ts';
import { closeAmqp, openAmqp } from './amqp-client.ts';
import { toAmqpTable } from './amqp-table.ts';
import type { AmqpUrl } from './broker-url.ts';
import { inDoubt, nothingBound, type OutgoingTask } from './open-task-sender.ts';
import { settleWithin } from './session.ts';

/** A busy cluster takes its time to agree on a queue. */
const limitMs = 10_000;
const notFound = 404;

/** Settles when the broker has taken it, and the event that tells of it. */
export async function sendOnAmqp(url: AmqpUrl, options: { eventExchange: string }, task: OutgoingTask): Promise<void> {
  const model = await openAmqp(url);
  let channel: ConfirmChannel | null = null;
  try {
    await settleWithin(prepare(model, task), limitMs, 'the queue was not declared');
    channel = await settleWithin(model.createConfirmChannel(), limitMs, 'no channel was opened');
    channel.on('error', () => undefined);
    await publishTask(channel, task);
    if (task.event) await publishEvent(channel, options.eventExchange, task.event).catch(() => undefined);
  } finally {
    await closeAmqp(model, channel);
  }
}

/**
 * Looks first: declaring a queue that is there with other arguments would fail. What is missing ends its channel, so that
 * each look has one of its own.
 */
async function prepare(model: ChannelModel, { exchange, queue }: OutgoingTask): Promise<void> {
  if (exchange !== '') {
    if (await isThere(model, (channel) => channel.checkExchange(exchange))) return;
    throw new AppError('bad_request', `There is no exchange '${exchange}' on the broker.`);
  }
  if (await isThere(model, (channel) => channel.checkQueue(queue))) return;
  const channel = await openChannel(model);
  await channel.assertExchange(queue, 'direct', { durable: true });
  await channel.assertQueue(queue, { durable: true });
  await channel.bindQueue(queue, queue, queue);
  await channel.close();
}

async function isThere(
  model: ChannelModel,
  look: (channel: Awaited<ReturnType<ChannelModel['createChannel']>>) => Promise<unknown>,
): Promise<boolean> {
  const channel = await openChannel(model);
  try {
    await look(channel);
    await channel.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === notFound) return false;
    throw error;
  }
}

async function openChannel(model: ChannelModel): ReturnType<ChannelModel['createChannel']> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  return channel;
}

async function publishTask(channel: ConfirmChannel, task: OutgoingTask): Promise<void> {
  let isReturned = false;
  channel.on('return', () => (isReturned = true));
  const options: Options.Publish = {
    mandatory: true,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    headers: toAmqpTable(task.headers),
    deliveryMode: task.deliveryMode,
    correlationId: task.correlationId,
    replyTo: task.replyTo,
    ...(task.priority !== null && { priority: task.priority }),
    ...(task.expiration !== null && { expiration: task.expiration }),
  };
  const { exchange, routingKey } = task;
  try {
    await settleWithin(
      confirm(channel, exchange, routingKey, task.body, options),
      limitMs,
      'the broker did not confirm it',
    );
  } catch (error) {
    throw inDoubt(error);
  }
  // The broker gives it back before it confirms it.
  if (isReturned) throw nothingBound(task);
}

async function publishEvent(
  channel: ConfirmChannel,
  eventExchange: string,
  event: NonNullable<OutgoingTask['event']>,
): Promise<void> {
  await channel.assertExchange(eventExchange, 'topic', { durable: true });
  const type = { contentType: 'application/json', contentEncoding: 'utf-8' };
  const options = { ...type, headers: toAmqpTable(event.headers), deliveryMode: 1, priority: 0 };
  await settleWithin(
    confirm(channel, eventExchange, 'task.sent', Buffer.from(event.body, 'utf8'), options),
    limitMs,
    'the broker did not confirm the event',
  );
}

function confirm(
  channel: ConfirmChannel,
  exchange: string,
  routingKey: string,
  body: Uint8Array,
  options: Options.Publish,
): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.once('close', () => reject(new Error('the broker closed the channel')));
    channel.publish(exchange, routingKey, Buffer.from(body), options, (error: Error | null) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
