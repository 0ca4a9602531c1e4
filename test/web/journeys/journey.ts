import { findFreePorts } from '../../../scripts/services/ports.ts';
import { makeVhost } from '../../helpers/rabbitmq.ts';
import { readServices } from '../../helpers/services.ts';
import { openTcpProxy, type TcpProxy } from '../../helpers/tcp-proxy.ts';
import { toRedisUrl, Website, type WebsitePlan } from '../../helpers/website.ts';

/** What went wrong on Friday: a whole order, of which one part is for a shop that sells no orchids. */
const orderGoneWrong = `
import shop
from celery import chain
print(chain(shop.count.si(1), shop.reserve.si("orchid", count=2)).apply_async().id)
`;

const redisDatabase = 12;
const resultDatabase = 14;

/** One broker, server, worker and browser for all journeys, whose order does not matter but for the worker's end. */
export class Journey {
  readonly site: Website;
  readonly workerName: string;
  /** Id of the task that failed on Friday. */
  failed!: string;
  #wire!: TcpProxy;
  #brokerPort = 0;

  constructor(readonly broker: 'Redis' | 'RabbitMQ') {
    this.workerName = `journeys@${broker.toLowerCase()}`;
    const begin = () => this.#begin();
    const prepare = async () => void (this.failed = await this.site.run(orderGoneWrong));
    this.site = new Website(this.workerName, begin, prepare);
  }

  /** RabbitMQ keeps what is said while Herbarium is away; what Redis tells nobody hears is lost. */
  get isKept(): boolean {
    return this.broker === 'RabbitMQ';
  }

  /** Between Herbarium and its broker; the worker and those who send have a wire of their own. */
  cutWire(): Promise<void> {
    return this.#wire.close();
  }

  async mendWire(): Promise<void> {
    this.#wire = await openTcpProxy(this.#brokerPort, this.#wire.port);
  }

  /** The port stays the same over a restart, and so does an open page. */
  async #begin(): Promise<WebsitePlan> {
    const vhost = this.broker === 'RabbitMQ' ? await makeVhost('journeys') : null;
    const broker = vhost?.url ?? toRedisUrl(redisDatabase);
    this.#brokerPort = Number(new URL(vhost ? readServices().amqp.url : broker).port);
    this.#wire = await openTcpProxy(this.#brokerPort);
    const seenAt = new URL(broker);
    seenAt.port = String(this.#wire.port);
    const [port = 0] = await findFreePorts(1);
    const end = async () => {
      await this.#wire.close();
      await vhost?.remove();
    };
    const resultBackend = toRedisUrl(resultDatabase);
    return { broker, seenAt: seenAt.href, resultBackend, isOpen: true, args: ['--port', String(port)], end };
  }
}
