/**
 * In: the text of `--broker`. Out: where to connect and as whom, for each broker of a failover list, as kombu reads it
 * (`kombu.utils.url`, `kombu.connection`, `kombu.transport.redis`). Pure; never shows a password.
 */
import { AppError } from '../errors.ts';
import { readTlsOptions, type TlsOptions } from './tls.ts';
import { maskUrl, readUrlText, splitUrls, UrlTextError, type UrlParts } from './url-text.ts';

interface Common {
  /** Fit to be shown. */
  masked: string;
  connectTimeoutMs: number;
  /** Query parameters that mean nothing here. */
  ignored: readonly string[];
}

/** `user` and `password` are empty when not given. */
interface RedisLogin {
  user: string;
  password: string;
  db: number;
}

export type RedisUrl =
  | (Common & RedisLogin & { kind: 'redis'; host: string; port: number; tls: TlsOptions | null })
  | (Common & RedisLogin & { kind: 'redis-socket'; path: string })
  /** All sentinels of the list in one; login, database and TLS are for the master. */
  | (Common & RedisLogin & { kind: 'sentinel'; sentinels: { host: string; port: number }[]; tls: TlsOptions | null });

export type AmqpUrl = Common & {
  kind: 'amqp';
  host: string;
  port: number;
  user: string;
  password: string;
  vhost: string;
  tls: TlsOptions | null;
  /** Seconds; 0 for none, null when not given. */
  heartbeatS: number | null;
  loginMethod: 'PLAIN' | 'EXTERNAL';
};

export type BrokerUrl = RedisUrl | AmqpUrl;

/** Schemes we read, and the family each belongs to. All brokers of a list are of one family. */
const families: Record<string, 'redis' | 'redis-socket' | 'sentinel' | 'amqp'> = {
  redis: 'redis',
  rediss: 'redis',
  'redis+socket': 'redis-socket',
  sentinel: 'sentinel',
  amqp: 'amqp',
  amqps: 'amqp',
  pyamqp: 'amqp',
  librabbitmq: 'amqp',
};

const known = {
  redis: /^(ssl_.*|connect_timeout)$/,
  'redis-socket': /^(virtual_host|connect_timeout)$/,
  sentinel: /^(ssl_.*|connect_timeout)$/,
  amqp: /^(ssl|ssl_.*|heartbeat|connect_timeout|login_method)$/,
};

/**
 * Reads one URL, or several separated by `;`. Sentinels become one entry.
 * @param source the option the text came from, for the error
 * @throws {AppError} `bad_config`
 */
export function readBrokerUrls(text: string, source: string): BrokerUrl[] {
  const texts = splitUrls(text);
  const fail = (reason: string, shown = text): never => {
    throw new AppError('bad_config', `${source}: '${maskUrl(shown)}' is no broker URL: ${reason}.`);
  };
  try {
    const [first, ...others] = readAllParts(texts);
    if (!first) return fail(`it is empty. ${acceptedSchemes()}`);
    const all = [first, ...others];
    const kinds = new Set(all.map(({ scheme }) => families[scheme]));
    if (kinds.size > 1)
      return fail('all brokers of a list must be of one kind (Redis, Redis socket, sentinel or AMQP)');
    if (families[first.scheme] === 'sentinel') return [readSentinels(first, all, text)];
    return all.map((parts, index) => readOne(parts, texts[index] ?? ''));
  } catch (error) {
    if (error instanceof UrlTextError) return fail(error.message);
    throw error;
  }
}

function acceptedSchemes(): string {
  const names = Object.keys(families).map((name) => `${name}://`);
  return `Accepted are ${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** A host without scheme takes everything else from the first URL (`kombu.Connection.switch`); the first one is AMQP. */
function readAllParts(texts: string[]): UrlParts[] {
  let first: UrlParts | undefined;
  return texts.map((text) => {
    const parts = readUrlText(text);
    if (parts.scheme === '') {
      const model = first ?? { ...parts, scheme: 'amqp' };
      first ??= model;
      return { ...model, host: parts.host, port: parts.port ?? model.port };
    }
    if (!Object.hasOwn(families, parts.scheme)) {
      throw new UrlTextError(`${parts.scheme}:// is a transport that Herbarium cannot monitor. ${acceptedSchemes()}`);
    }
    first ??= parts;
    return parts;
  });
}

function readOne(parts: UrlParts, text: string): BrokerUrl {
  const common = readCommon(parts, text);
  const { user, password } = parts;
  switch (families[parts.scheme]) {
    case 'redis-socket': {
      if (parts.path === '' || parts.host !== '')
        throw new UrlTextError('it needs the path of the socket, as in redis+socket:///run/redis.sock?virtual_host=0');
      const db = readDatabase(parts.query.get('virtual_host') ?? '');
      return { ...common, kind: 'redis-socket', path: `/${parts.path}`, user, password, db };
    }
    case 'amqp':
      return readAmqp(parts, common);
    default: {
      if (parts.query.has('virtual_host'))
        throw new UrlTextError('its database is written in the path, as in redis://localhost:6379/5');
      const place = { host: parts.host || '127.0.0.1', port: parts.port ?? 6379 };
      return {
        ...common,
        kind: 'redis',
        ...place,
        user,
        password,
        db: readDatabase(parts.path),
        tls: readRedisTls(parts),
      };
    }
  }
}

function readSentinels(first: UrlParts, all: UrlParts[], text: string): BrokerUrl {
  const { user, password } = first;
  const sentinels = all.map(({ host, port }) => ({ host: host || '127.0.0.1', port: port ?? 26_379 }));
  return {
    ...readCommon(first, text),
    kind: 'sentinel',
    sentinels,
    user,
    password,
    db: readDatabase(first.path),
    tls: readRedisTls(first),
  };
}

function readAmqp(parts: UrlParts, common: Common): AmqpUrl {
  const ssl = parts.query.get('ssl') ?? (parts.scheme === 'amqps' ? '1' : '0');
  if (!/^(1|0|true|false)$/i.test(ssl)) throw new UrlTextError('ssl is 1 or 0');
  const asked = readTls(parts);
  const tls = asked ?? (/^(1|true)$/i.test(ssl) ? { ...checkedTls } : null);
  const loginMethod = (parts.query.get('login_method') ?? 'PLAIN').toUpperCase();
  // AMQPLAIN says the same as PLAIN in another form, and every broker that takes the one takes the other.
  if (!/^(PLAIN|AMQPLAIN|EXTERNAL)$/.test(loginMethod))
    throw new UrlTextError('login_method is PLAIN, AMQPLAIN or EXTERNAL');
  const heartbeat = parts.query.get('heartbeat');
  return {
    ...common,
    kind: 'amqp',
    host: parts.host || 'localhost',
    port: parts.port ?? (tls ? 5671 : 5672),
    user: parts.user || 'guest',
    password: parts.password || 'guest',
    vhost: parts.path || '/',
    tls,
    heartbeatS: heartbeat === undefined ? null : Math.ceil(readSeconds('heartbeat', heartbeat)),
    loginMethod: loginMethod === 'EXTERNAL' ? 'EXTERNAL' : 'PLAIN',
  };
}

const checkedTls: TlsOptions = {
  certReqs: 'required',
  caCerts: null,
  certFile: null,
  keyFile: null,
  checkHostname: true,
};

/** kombu: `rediss://` alone accepts any certificate; `redis://` with a parameter of TLS is TLS. */
function readRedisTls(parts: UrlParts): TlsOptions | null {
  return readTls(parts) ?? (parts.scheme === 'rediss' ? { ...checkedTls, certReqs: 'none' } : null);
}

function readTls(parts: UrlParts): TlsOptions | null {
  try {
    return readTlsOptions(parts.query);
  } catch (error) {
    throw new UrlTextError((error as Error).message);
  }
}

function readCommon(parts: UrlParts, text: string): Common {
  const family = families[parts.scheme] ?? 'amqp';
  return {
    masked: maskUrl(text),
    connectTimeoutMs: readSeconds('connect_timeout', parts.query.get('connect_timeout') ?? '5') * 1000 || 5000,
    ignored: [...parts.query.keys()].filter((name) => !known[family].test(name)),
  };
}

/** Redis: nothing, `/` and `//` are database 0 (`kombu.transport.redis.Channel._connparams`). */
function readDatabase(path: string): number {
  const text = path.replace(/^\//, '') || '0';
  if (!/^\d{1,6}$/.test(text))
    throw new UrlTextError('its Redis database is not a number, as in redis://localhost:6379/0');
  return Number(text);
}

function readSeconds(name: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 86_400))
    throw new UrlTextError(`${name} is a number of seconds`);
  return seconds;
}
