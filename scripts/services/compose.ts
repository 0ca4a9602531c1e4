import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { askAmqp, askManagement, askPostgres, askRedis, waitUntil } from './answers.ts';
import { makeCertificate } from './certificate.ts';
import type { Place } from './place.ts';
import { findFreePorts } from './ports.ts';
import type { ServerName, Services } from './state.ts';

const composePath = resolve(import.meta.dirname, '../../docker-compose.yml');

/** Whether a Docker engine answers and has compose. */
export function hasEngine(): boolean {
  const answers = (args: string[]): boolean =>
    spawnSync('docker', args, { stdio: 'ignore', timeout: 20_000 }).status === 0;
  return answers(['info']) && answers(['compose', 'version']);
}

/** The compose project of a set, from the name of its folder. */
export function toProject(setFolder: string): string {
  return basename(setFolder).toLowerCase();
}

type Starters = { [Name in ServerName]: (place: Place, found: { openssl: string }) => Promise<Services[Name]> };

/** Starts one service of docker-compose.yml on free ports of loopback, in the project of the place's set. */
export const composeStarters: Starters = {
  async redis(place, { openssl }) {
    const [port = 0, tlsPort = 0] = await findFreePorts(2);
    const { caPath } = prepareFolder(place, openssl);
    const tls =
      '--tls-port 6380 --tls-cert-file /set/cert.pem --tls-key-file /set/key.pem --tls-ca-cert-file /set/cert.pem';
    const command = `redis-server --save '' --unixsocket /set/redis.sock --unixsocketperm 777 --tls-auth-clients no ${tls}`;
    up(
      place,
      'redis',
      { HERBARIUM_REDIS_PORT: String(port) },
      { command, ports: [`127.0.0.1:${String(tlsPort)}:6380`] },
    );
    await waitUntil(
      () => askRedis(port),
      90_000,
      () => false,
    );
    return {
      url: `redis://127.0.0.1:${String(port)}/0`,
      socketPath: join(place.folder, 'redis.sock'),
      tlsUrl: `rediss://127.0.0.1:${String(tlsPort)}/0`,
      caPath,
    };
  },
  async amqp(place, { openssl }) {
    const [port = 0, tlsPort = 0, management = 0] = await findFreePorts(3);
    const { caPath } = prepareFolder(place, openssl);
    const conf = [
      'listeners.ssl.1 = 5671',
      'ssl_options.certfile = /set/cert.pem',
      'ssl_options.keyfile = /set/key.pem',
    ];
    writeFileSync(join(place.folder, 'set.conf'), [...conf, 'loopback_users = none', ''].join('\n'));
    const env = { HERBARIUM_AMQP_PORT: String(port), HERBARIUM_MANAGEMENT_PORT: String(management) };
    const volumes = [`${join(place.folder, 'set.conf')}:/etc/rabbitmq/conf.d/90-set.conf:ro`];
    up(place, 'amqp', env, { ports: [`127.0.0.1:${String(tlsPort)}:5671`], volumes });
    await waitUntil(
      () => askAmqp(port).then(() => askManagement(management)),
      90_000,
      () => false,
    );
    return {
      url: `amqp://guest:guest@127.0.0.1:${String(port)}//`,
      tlsUrl: `amqps://guest:guest@127.0.0.1:${String(tlsPort)}//`,
      managementUrl: `http://127.0.0.1:${String(management)}`,
      caPath,
    };
  },
  async postgres(place) {
    const [port = 0] = await findFreePorts(1);
    up(place, 'postgres', { HERBARIUM_POSTGRES_PORT: String(port) }, {});
    const url = `postgres://herbarium@127.0.0.1:${String(port)}/postgres`;
    await waitUntil(
      () => askPostgres(url),
      90_000,
      () => false,
    );
    return { url };
  },
};

/** The containers run as users of their own and must reach the certificate, and put a socket beside it. */
function prepareFolder(place: Place, openssl: string): { caPath: string } {
  const { keyPath, certPath } = makeCertificate(openssl, place.folder);
  chmodSync(place.folder, 0o777);
  chmodSync(keyPath, 0o644);
  return { caPath: certPath };
}

interface Override {
  command?: string;
  ports?: string[];
  volumes?: string[];
}

function up(place: Place, name: ServerName, env: NodeJS.ProcessEnv, override: Override): void {
  const volumes = [`${place.folder}:/set`, ...(override.volumes ?? [])];
  writeFileSync(toOverridePath(place.folder), JSON.stringify({ services: { [name]: { ...override, volumes } } }));
  compose(dirname(place.folder), name, ['up', '-d'], env);
}

/** Removes the container of one service of a set. */
export function removeFromCompose(setFolder: string, name: ServerName): void {
  compose(setFolder, name, ['rm', '--stop', '--force', '--volumes'], {});
}

function toOverridePath(folder: string): string {
  return join(folder, 'compose.json');
}

function compose(setFolder: string, name: ServerName, args: string[], env: NodeJS.ProcessEnv): void {
  const override = toOverridePath(join(setFolder, name));
  const files = [composePath, ...(existsSync(override) ? [override] : [])].flatMap((file) => ['-f', file]);
  const whole = ['compose', '-p', toProject(setFolder), ...files, ...args, name];
  execFileSync('docker', whole, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}
