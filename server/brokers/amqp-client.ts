import type { Duplex } from 'node:stream';
import type { Channel, ChannelModel, Options, SocketOptions } from 'amqplib';
import { loadAmqplib } from './amqp-fields.ts';
import type { AmqpUrl } from './broker-url.ts';
import { settleWithin } from './session.ts';
import { toTlsConnection } from './tls.ts';

/** Seconds, when the URL asks for none. A dead peer is noticed after two to three of them. */
const heartbeatS = 15;
const closeLimitMs = 2_000;

/** One connection, which does not come back by itself. The library is loaded with the first, as that for Redis is. */
export async function openAmqp(url: AmqpUrl): Promise<ChannelModel> {
  const { connect, credentials } = await loadAmqplib();
  const tls = url.tls && (await toTlsConnection(url.tls, url.host));
  const login = url.loginMethod === 'EXTERNAL' && { credentials: credentials.external() };
  try {
    const model = await connect(toConnectOptions(url), { ...tls, ...toSocketOptions(url), ...login });
    // A listener must be there before anything can go wrong: an error event without one ends the process.
    model.on('error', () => undefined);
    return model;
  } catch (error) {
    // amqplib keeps the broker's words to itself here.
    if (!(error instanceof Error && error.message.startsWith('Expected ConnectionOpenOk'))) throw error;
    const said = `the broker refused the virtual host '${url.vhost}': it does not exist, or ${url.user} may not use it`;
    throw new Error(said, { cause: error });
  }
}

function toConnectOptions(url: AmqpUrl): Options.Connect {
  return {
    protocol: url.tls ? 'amqps' : 'amqp',
    // As py-amqp: a broker that listens on IPv4 only is found too.
    hostname: url.host === 'localhost' ? '127.0.0.1' : url.host,
    port: url.port,
    username: url.user,
    password: url.password,
    // amqplib decodes it again.
    vhost: encodeURIComponent(url.vhost),
    heartbeat: url.heartbeatS ?? heartbeatS,
  };
}

function toSocketOptions(url: AmqpUrl): SocketOptions {
  return {
    noDelay: true,
    keepAlive: true,
    timeout: url.connectTimeoutMs,
    clientProperties: { connection_name: 'herbarium' },
  };
}

/** What amqplib keeps to itself. */
interface AmqplibConnection {
  stream: Duplex;
  heartbeater: { clear(): void } | null;
}

/** Closes politely, so that acknowledgements on their way arrive first; after 2 s, or when it is broken, at once. */
export async function closeAmqp(model: ChannelModel, channel: Channel | null): Promise<void> {
  const politely = async () => {
    await channel?.close().catch(() => undefined);
    await model.close();
  };
  await settleWithin(politely(), closeLimitMs, 'closed').catch(() => undefined);
  // amqplib only ends its side, which leaves the socket of a peer that is gone open for minutes, and its heart beating.
  const { stream, heartbeater } = model.connection as unknown as AmqplibConnection;
  stream.destroy();
  heartbeater?.clear();
}
