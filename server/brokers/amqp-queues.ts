import type { Channel, ChannelModel } from 'amqplib';
import { closeAmqp, openAmqp } from './amqp-client.ts';
import type { AmqpUrl } from './broker-url.ts';
import type { BrokerLook, QueueLook, QueueSource } from './queue-looks.ts';
import { askRabbitApi, isRecord, numberIn, type ApiRecord } from './rabbit-api.ts';
import { settleWithin } from './session.ts';

/** A busy cluster takes its time. */
const answerLimitMs = 5000;

/**
 * Queues on RabbitMQ: by its management API, or, without it, by passive declarations, which tell what is ready and how
 * many consume. A queue that does not exist ends the channel that asked for it: each look has one of its own.
 */
export class AmqpQueues implements QueueSource {
  readonly #url: AmqpUrl;
  readonly #brokerApi: string | null;
  #model: ChannelModel | null = null;

  constructor(url: AmqpUrl, brokerApi: string | null) {
    this.#url = url;
    this.#brokerApi = brokerApi;
  }

  async queues(names: readonly string[]): Promise<QueueLook[]> {
    const looks: (QueueLook | null)[] = [];
    for (const name of names) looks.push((await this.#lookByApi(name)) ?? (await this.#declarePassively(name)));
    return looks.filter((look) => look !== null);
  }

  async broker(): Promise<BrokerLook> {
    const [overview, nodes] = await Promise.all([this.#ask('overview'), this.#ask('nodes')]);
    const sumOf = (name: string) =>
      Array.isArray(nodes) ? nodes.reduce<number>((sum, node) => sum + (numberIn(node, name) ?? 0), 0) : null;
    const uptimesMs = Array.isArray(nodes) ? nodes.map((node: unknown) => numberIn(node, 'uptime') ?? 0) : [];
    const told = isRecord(overview)
      ? overview['rabbitmq_version']
      : (await this.#open()).connection.serverProperties.version;
    return {
      kind: 'rabbitmq',
      version: typeof told === 'string' ? told : null,
      memoryBytes: sumOf('mem_used'),
      connections: numberIn(overview, 'object_totals', 'connections'),
      uptimeS: uptimesMs.length === 0 ? null : Math.max(...uptimesMs) / 1000,
      unacked: numberIn(overview, 'queue_totals', 'messages_unacknowledged'),
    };
  }

  async close(): Promise<void> {
    const model = this.#model;
    this.#model = null;
    if (model) await closeAmqp(model, null);
  }

  /** Undefined when it does not answer, or there is no such thing: then AMQP itself is asked. */
  async #ask(path: string): Promise<unknown> {
    if (this.#brokerApi === null) return undefined;
    return askRabbitApi(this.#brokerApi, path).catch(() => undefined);
  }

  async #lookByApi(name: string): Promise<QueueLook | null> {
    const path = `queues/${encodeURIComponent(this.#url.vhost)}/${encodeURIComponent(name)}`;
    const record = await this.#ask(path);
    return isRecord(record) ? toLook(name, record) : null;
  }

  async #declarePassively(name: string): Promise<QueueLook | null> {
    const channel = await this.#openChannel();
    try {
      const asked = channel.checkQueue(name);
      const { messageCount, consumerCount } = await settleWithin(asked, answerLimitMs, 'the broker did not answer');
      await channel.close();
      return { ...nothing, name, ready: messageCount, consumers: consumerCount };
    } catch (error) {
      if (isMissing(error)) return null;
      await this.close();
      throw error;
    }
  }

  async #openChannel(): Promise<Channel> {
    const model = await this.#open();
    const channel = await settleWithin(model.createChannel(), answerLimitMs, 'no channel was opened').catch(
      async (error: unknown) => {
        await this.close();
        throw error;
      },
    );
    channel.on('error', () => undefined);
    return channel;
  }

  async #open(): Promise<ChannelModel> {
    if (this.#model) return this.#model;
    const model = await openAmqp(this.#url);
    model.on('close', () => {
      if (this.#model === model) this.#model = null;
    });
    return (this.#model = model);
  }
}

const nothing = {
  unacked: null,
  byPriority: null,
  publishRate: null,
  deliverRate: null,
  oldest: null,
  record: null,
};

function toLook(name: string, record: ApiRecord): QueueLook {
  const since = numberIn(record, 'head_message_timestamp');
  return {
    name,
    ready: numberIn(record, 'messages_ready') ?? 0,
    unacked: numberIn(record, 'messages_unacknowledged'),
    consumers: numberIn(record, 'consumers'),
    byPriority: null,
    publishRate: numberIn(record, 'message_stats', 'publish_details', 'rate'),
    deliverRate: numberIn(record, 'message_stats', 'deliver_get_details', 'rate'),
    oldest: since === null ? null : { uuid: null, since },
    record,
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 404;
}
