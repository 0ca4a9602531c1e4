import { join } from 'node:path';
import { askRedis } from './answers.ts';
import { makeCertificate } from './certificate.ts';
import { run, waitForAnswer, type Place } from './place.ts';
import { findFreePorts } from './ports.ts';
import type { Services } from './state.ts';

/** A Redis on loopback, a unix socket and a TLS port, that keeps nothing. */
export async function startRedis(
  place: Place,
  found: { redisServer: string; openssl: string },
): Promise<Services['redis']> {
  const [port = 0, tlsPort = 0] = await findFreePorts(2);
  const { keyPath, certPath } = makeCertificate(found.openssl, place.folder);
  const socketPath = join(place.folder, 'redis.sock');
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    unixsocket: socketPath,
    save: '',
    appendonly: 'no',
    dir: place.folder,
    'tls-port': String(tlsPort),
    'tls-cert-file': certPath,
    'tls-key-file': keyPath,
    'tls-ca-cert-file': certPath,
    'tls-auth-clients': 'no',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = run(place, 'redis-server', found.redisServer, args);
  await waitForAnswer(place, 'redis-server', server, () => askRedis(port));
  return {
    url: `redis://127.0.0.1:${String(port)}/0`,
    socketPath,
    tlsUrl: `rediss://127.0.0.1:${String(tlsPort)}/0`,
    caPath: certPath,
  };
}
