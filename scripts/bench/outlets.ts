/**
 * The publishing end of either broker, as fast as it goes. In: messages, prepared ahead of time so that sending them
 * costs a write. Out: they are with the broker when `taken` settles.
 */
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
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

interface RedisParcel {
  bytes: Buffer;
  commands: number;
}

/** PUBLISH commands in a row, without waiting for the answers in between: nobody publishes faster. */
export async function openRedisOutlet(url: string): Promise<Outlet<RedisParcel>> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connectSocket(Number(port), hostname);
  await once(socket, 'connect');
  const channel = `/${pathname.slice(1) || '0'}.celeryev/`;
  let unanswered = 0;
  let onAnswered: (() => void) | null = null;
  socket.on('data', (answers: Buffer) => {
    for (const byte of answers) if (byte === 0x0a) unanswered--;
    if (unanswered === 0) onAnswered?.();
  });
  return {
    prepare: (messages) => ({
      commands: messages.length,
      bytes: Buffer.from(
        messages.map((message) => toCommand('PUBLISH', channel + message.routingKey, toRedisText(message))).join(''),
      ),
    }),
    send: async ({ bytes, commands }) => {
      unanswered += commands;
      if (!socket.write(bytes)) await once(socket, 'drain');
    },
    taken: async () => {
      if (unanswered > 0) await new Promise<void>((resolve) => (onAnswered = resolve));
    },
    close: async () => void socket.destroy(),
  };
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
