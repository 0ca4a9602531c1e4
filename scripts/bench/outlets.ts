/**
 * The publishing end of either broker, as fast as it goes. In: messages, prepared ahead of time so that sending them
 * costs a write. Out: they are with the broker when `taken` settles.
 */
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectAmqp } from 'amqplib';
import { toRedisText, type WireMessage } from './traffic.ts';

export interface Outlet<Parcel = unknown> {
  prepare(messages: WireMessage[]): Parcel;
  /** Settles when more may be sent. */
  send(parcel: Parcel): Promise<void>;
  /** Settles when the broker has taken all that was sent. */
  taken(): Promise<void>;
  close(): Promise<void>;
}

/** By who sends it: PUBLISH commands. */
type RedisParcel = Map<string, Buffer[]>;

/**
 * As kombu publishes: each process of the cluster has a connection of its own, and waits for Redis's answer to one
 * message before it sends the next. `window`: how many it sends before it waits; no Celery does more than one.
 */
export async function openRedisOutlet(url: string, window: number): Promise<Outlet<RedisParcel>> {
  const channel = `/${new URL(url).pathname.slice(1) || '0'}.celeryev/`;
  const senders = new Map<string, Promise<RedisSender>>();
  const sendAll = async (hostname: string, commands: Buffer[]): Promise<void> => {
    const opening = senders.get(hostname) ?? RedisSender.open(url);
    senders.set(hostname, opening);
    const sender = await opening;
    for (let i = 0; i < commands.length; i += window) await sender.send(commands.slice(i, i + window));
  };
  return {
    prepare: (messages) => {
      const parcel: RedisParcel = new Map();
      for (const message of messages) {
        const command = toCommand('PUBLISH', channel + message.routingKey, toRedisText(message));
        const commands = parcel.get(message.hostname) ?? [];
        commands.push(Buffer.from(command));
        parcel.set(message.hostname, commands);
      }
      return parcel;
    },
    send: async (parcel) =>
      void (await Promise.all([...parcel].map(([hostname, commands]) => sendAll(hostname, commands)))),
    taken: async () => undefined,
    close: async () => (await Promise.all(senders.values())).forEach((sender) => sender.close()),
  };
}

class RedisSender {
  readonly #socket: Socket;
  #unanswered = 0;
  #onAnswered: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (answers: Buffer) => {
      for (const byte of answers) if (byte === 0x0a) this.#unanswered--;
      if (this.#unanswered === 0) this.#onAnswered();
    });
  }

  static async open(url: string): Promise<RedisSender> {
    const { hostname, port } = new URL(url);
    const socket = connectSocket({ port: Number(port), host: hostname, noDelay: true });
    await once(socket, 'connect');
    return new RedisSender(socket);
  }

  /** Settles when all are answered. */
  async send(commands: Buffer[]): Promise<void> {
    this.#unanswered = commands.length;
    this.#socket.write(commands.length === 1 ? commands[0]! : Buffer.concat(commands));
    await new Promise<void>((resolve) => (this.#onAnswered = resolve));
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** In the protocol of Redis (RESP). */
function toCommand(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

export async function openAmqpOutlet(url: string): Promise<Outlet<[WireMessage, Buffer][]>> {
  const connection = await connectAmqp(url);
  const channel = await connection.createConfirmChannel();
  return {
    prepare: (messages) => messages.map((message) => [message, Buffer.from(message.body)]),
    send: async (parcel) => {
      let mayGoOn = true;
      for (const [{ routingKey, hostname }, body] of parcel) {
        mayGoOn = channel.publish('celeryev', routingKey, body, {
          contentType: 'application/json',
          contentEncoding: 'utf-8',
          deliveryMode: 1,
          priority: 0,
          headers: { hostname },
        });
      }
      if (!mayGoOn) await once(channel, 'drain');
    },
    taken: () => channel.waitForConfirms(),
    close: () => connection.close(),
  };
}
