import { describe, expect, it } from 'vitest';
import { readBrokerUrls, type BrokerUrl } from '../../server/brokers/broker-url.ts';
import { AppError } from '../../server/errors.ts';
import { readRecordedJson } from '../helpers/captures.ts';

/** What kombu made of a URL. */
interface RecordedUrl {
  url: string;
  error?: string;
  driver_type?: string;
  info?: {
    hostname: string;
    port: number;
    userid: string | null;
    password: string | null;
    virtual_host: string;
    ssl: unknown;
    alternates: string[];
    heartbeat: number;
    connect_timeout: number | string;
  };
  'redis connection'?: {
    host?: string;
    port?: number;
    path?: string;
    db: number;
    username?: string;
    password?: string;
    connection_class: string;
    ssl_cert_reqs?: number;
    ssl_ca_certs?: string;
    ssl_certfile?: string;
    ssl_keyfile?: string;
    ssl_check_hostname?: boolean | string;
  };
  'redis connection error'?: string;
}

const recorded = ['urls-5.2.6', 'urls-5.6.3'].flatMap((name) =>
  (readRecordedJson(name) as { brokers: RecordedUrl[] }).brokers.map((broker) => ({ name, ...broker })),
);

/** Where we differ from kombu, and why. */
const differences: Record<string, string> = {
  'localhost:5672': 'kombu looks up a host of that whole name, which cannot exist; we read host and port',
  'librabbitmq://host': 'kombu needs a Python module for it; the wire is plain AMQP',
};

/** Our reading, in kombu's words. */
function inKombuWords(url: BrokerUrl) {
  if (url.kind === 'amqp') {
    const { host, port, user, password, vhost, tls, heartbeatS, connectTimeoutMs } = url;
    return { host, port, user, password, vhost, tls: tls !== null, heartbeatS: heartbeatS ?? 0, connectTimeoutMs };
  }
  const place =
    url.kind === 'redis-socket'
      ? { path: url.path }
      : url.kind === 'sentinel'
        ? { host: url.sentinels[0]?.host, port: url.sentinels[0]?.port }
        : { host: url.host, port: url.port };
  return { ...place, db: url.db, user: url.user, password: url.password, tls: 'tls' in url && url.tls !== null };
}

function kombuReading(entry: RecordedUrl) {
  const info = entry.info;
  const redis = entry['redis connection'];
  if (redis) {
    const { host, port, path, db, username = '', password = '', connection_class } = redis;
    const place = path === undefined ? { host, port } : { path };
    return { ...place, db, user: username, password, tls: connection_class === 'SSLConnection' };
  }
  return {
    host: info?.hostname,
    port: info?.port,
    user: info?.userid,
    password: info?.password,
    vhost: info?.virtual_host,
    tls: Boolean(info?.ssl),
    heartbeatS: info?.heartbeat,
    connectTimeoutMs: Number(info?.connect_timeout) * 1000,
  };
}

describe('readBrokerUrls, beside kombu', () => {
  const understood = recorded.filter(
    ({ url, error, driver_type, ...rest }) =>
      !(url in differences) && !error && !rest['redis connection error'] && driver_type !== 'memory',
  );
  it.each(understood)('reads $url as in $name', (entry) => {
    const [first] = readBrokerUrls(entry.url, '--broker');
    expect(first && inKombuWords(first)).toEqual(kombuReading(entry));
  });

  const refused = recorded.filter((entry) => !understood.includes(entry) && !(entry.url in differences));
  it.each(refused)('refuses $url as in $name', ({ url }) => {
    expect(() => readBrokerUrls(url, '--broker')).toThrow(AppError);
  });

  it('has looked at every recorded URL', () => {
    expect(understood.length + refused.length + 2 * Object.keys(differences).length).toBe(recorded.length);
    expect(understood.length).toBeGreaterThan(80);
  });

  it.each([
    ['localhost:5672', { host: 'localhost', port: 5672 }],
    ['librabbitmq://host', { host: 'host', port: 5672 }],
  ])('reads %s, though kombu cannot', (url, place) => {
    expect(readBrokerUrls(url, '--broker')).toMatchObject([{ kind: 'amqp', ...place }]);
  });

  const withTls = understood.filter((entry) => entry['redis connection']?.connection_class === 'SSLConnection');
  it.each(withTls)('asks for the same TLS as $name for $url', (entry) => {
    const redis = entry['redis connection'];
    const [first] = readBrokerUrls(entry.url, '--broker');
    expect(first).toMatchObject({
      tls: {
        // redis-py checks the certificate when TLS is asked for and ssl_cert_reqs is not said.
        certReqs: ['none', 'optional', 'required'][redis?.ssl_cert_reqs ?? 2],
        caCerts: redis?.ssl_ca_certs ?? null,
        certFile: redis?.ssl_certfile ?? null,
        keyFile: redis?.ssl_keyfile ?? null,
        checkHostname: String(redis?.ssl_check_hostname ?? true) === 'true',
      },
    });
  });
});

describe('readBrokerUrls', () => {
  it('reads a failover list, each broker with its own login and vhost', () => {
    const urls = readBrokerUrls('amqp://u:p1@h1:5673/a; amqps://u:p2@h2/b', '--broker');
    expect(urls).toMatchObject([
      { host: 'h1', port: 5673, password: 'p1', vhost: 'a', masked: 'amqp://u:**@h1:5673/a' },
      { host: 'h2', port: 5671, password: 'p2', vhost: 'b', masked: 'amqps://u:**@h2/b' },
    ]);
  });

  it('gives a host without scheme what the first URL says', () => {
    expect(readBrokerUrls('redis://:pw@h1:6380/4;h2', '--broker')[1]).toMatchObject({
      kind: 'redis',
      host: 'h2',
      port: 6380,
      password: 'pw',
      db: 4,
    });
  });

  it('takes all sentinels of a list together, with the login of the first for the master', () => {
    expect(readBrokerUrls('sentinel://:pw@s1:26380/2;sentinel://s2;sentinel://s3:1', '--broker')).toMatchObject([
      {
        kind: 'sentinel',
        sentinels: [
          { host: 's1', port: 26380 },
          { host: 's2', port: 26379 },
          { host: 's3', port: 1 },
        ],
        password: 'pw',
        db: 2,
      },
    ]);
  });

  it('names parameters that mean nothing to us', () => {
    expect(readBrokerUrls('redis+socket:///r.sock?db=4&virtual_host=2', '--broker')).toMatchObject([
      { db: 2, ignored: ['db'] },
    ]);
  });

  it.each([
    [
      'sqs://key:hunter2@',
      /sqs:\/\/ is a transport that Herbarium cannot monitor. Accepted are redis:\/\/, .* and librab/,
    ],
    ['', /it is empty. Accepted are redis:\/\//],
    ['redis://:hunter2@h/abc', /its Redis database is not a number/],
    ['redis://:hunt#er2@h/0', /raw #.*write @ as %40/],
    ['redis://:hunt/er2@h/0', /raw @ after the host.*write @ as %40/],
    ['sentinel://s1:26379,s2:26379/0', /Several brokers are separated by ; each with its own scheme/],
    ['amqp://u:12/hunter2@h/0', /raw @ after the host/],
    ['u:hunter2@h', /needs a scheme in front/],
    ['redis:/h/0', /needs a scheme in front/],
    ['amqp://u:hunter2@h:70000', /port is not a number between 0 and 65535/],
    ['amqp://u:hunter2@h?heartbeat=soon', /heartbeat is a number of seconds/],
    ['amqp://u:hunter2@h?login_method=GSSAPI', /login_method is PLAIN, AMQPLAIN or EXTERNAL/],
    ['amqp://u:hunter2@h?ssl=maybe', /ssl is 1 or 0/],
    ['rediss://:hunter2@h?ssl_cert_reqs=no', /ssl_cert_reqs is one of none, optional, required, CERT_NONE/],
    ['redis+socket://host/run/r.sock', /needs the path of the socket/],
    ['redis://:hunter2@h;amqp://h2', /all brokers of a list must be of one kind/],
  ])('says what is wrong with %s, and shows no password', (url, message) => {
    const read = () => readBrokerUrls(url, 'HERBARIUM_BROKER');
    expect(read).toThrow(message);
    expect(read).toThrow(/^HERBARIUM_BROKER: /);
    expect(read).not.toThrow(/hunter2|er2/);
  });
});
