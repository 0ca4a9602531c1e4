/**
 * Finds out whether RabbitMQ has lost what it kept for us. Celery's events are transient messages, and a server that
 * restarts comes back with our durable queue, but without them. So the queue is bound to an exchange that a restart takes
 * away as well: where it is missing, so is what was in the queue. Nobody publishes to it, and it goes with the queue.
 */
import type { Channel, ChannelModel } from 'amqplib';
import type { LossCause } from './broker.ts';

const notFound = 404;

/** Looks for the mark of a queue that is there, and makes it anew. A user who may not make one learns nothing. */
export async function markQueue(model: ChannelModel, queue: string): Promise<LossCause | undefined> {
  const mark = `${queue}.kept`;
  try {
    await onChannel(model, (channel) => channel.checkExchange(mark));
    return undefined;
  } catch (error) {
    if ((error as { code?: number }).code !== notFound) return undefined;
  }
  try {
    await onChannel(model, async (channel) => {
      await channel.assertExchange(mark, 'fanout', { durable: false, autoDelete: true });
      await channel.bindQueue(queue, mark, '');
    });
    return 'emptied';
  } catch {
    return undefined;
  }
}

/** On a channel of its own, which a refusal closes. */
async function onChannel(model: ChannelModel, work: (channel: Channel) => Promise<unknown>): Promise<void> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  await work(channel);
  await channel.close();
}
