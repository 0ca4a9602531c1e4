import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { askAmqp, askManagement } from './answers.ts';
import { makeCertificate, type Certificate } from './certificate.ts';
import { run, waitForAnswer, type Place } from './place.ts';
import { findFreePorts } from './ports.ts';
import type { Services } from './state.ts';

/** Where it listens; the node is named after the first. */
export interface RabbitmqPorts {
  amqp: number;
  tls: number;
  management: number;
  distribution: number;
  epmd: number;
}

export async function chooseRabbitmqPorts(): Promise<RabbitmqPorts> {
  const [amqp = 0, tls = 0, management = 0, distribution = 0, epmd = 0] = await findFreePorts(5);
  return { amqp, tls, management, distribution, epmd };
}

/**
 * A RabbitMQ with its management plugin on loopback. It shares nothing with a RabbitMQ of the system: own node name,
 * own Erlang port mapper, own cookie (in a home of its own), own data and plugin list.
 * On the same ports in the same place it is the node that was there before.
 */
export async function startRabbitmq(
  place: Place,
  found: { rabbitmqServer: string; epmd: string; openssl: string },
  at?: RabbitmqPorts,
): Promise<Services['amqp']> {
  const ports = at ?? (await chooseRabbitmqPorts());
  const { amqp, tls, management, epmd } = ports;
  const certificate = makeCertificate(found.openssl, place.folder);
  writeFileSync(join(place.folder, 'rabbitmq.conf'), toConf(ports, certificate));
  writeFileSync(join(place.folder, 'enabled_plugins'), '[rabbitmq_management].\n');
  writeFileSync(join(place.folder, 'rabbitmq-env.conf'), '');
  const env = toEnvironment(place.folder, ports, found.epmd);
  run(place, 'epmd', found.epmd, ['-address', '127.0.0.1', '-port', String(epmd)], { env });
  const server = run(place, 'rabbitmq-server', found.rabbitmqServer, [], { env });
  await waitForAnswer(place, 'rabbitmq-server', server, async () => {
    await askAmqp(amqp);
    await askManagement(management);
  });
  return {
    url: `amqp://guest:guest@127.0.0.1:${String(amqp)}//`,
    tlsUrl: `amqps://guest:guest@127.0.0.1:${String(tls)}//`,
    managementUrl: `http://127.0.0.1:${String(management)}`,
    caPath: certificate.certPath,
  };
}

function toConf(ports: RabbitmqPorts, certificate: Certificate): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${String(ports.amqp)}`,
    `listeners.ssl.1 = 127.0.0.1:${String(ports.tls)}`,
    `ssl_options.certfile = ${certificate.certPath}`,
    `ssl_options.keyfile = ${certificate.keyPath}`,
    'ssl_options.verify = verify_none',
    'ssl_options.fail_if_no_peer_cert = false',
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${String(ports.management)}`,
    'log.file = false',
    'log.console = true',
    'log.console.level = warning',
    'disk_free_limit.absolute = 50MB',
    '',
  ].join('\n');
}

function toEnvironment(folder: string, ports: RabbitmqPorts, epmdPath: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(RABBITMQ_|ERL_)/.test(name));
  return {
    ...Object.fromEntries(inherited),
    PATH: `${dirname(epmdPath)}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `herbarium-${String(ports.amqp)}@localhost`,
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, 'generated'),
    RABBITMQ_FEATURE_FLAGS_FILE: join(folder, 'feature_flags'),
  };
}
