import type { Found } from './find.ts';
import type { ServiceName } from './state.ts';

/** One program, which services need it, and Debian's packages that bring it. */
export interface Requirement {
  program: keyof Found;
  what: string;
  neededBy: readonly ServiceName[];
  packages: readonly string[];
}

/** All that the tests and the demo need beside Node. */
export const requirements: readonly Requirement[] = [
  { program: 'redisServer', what: 'Redis', neededBy: ['redis'], packages: ['redis-server'] },
  { program: 'rabbitmqServer', what: 'RabbitMQ', neededBy: ['amqp'], packages: ['rabbitmq-server'] },
  { program: 'epmd', what: "Erlang's port mapper, epmd", neededBy: ['amqp'], packages: ['rabbitmq-server'] },
  { program: 'openssl', what: 'openssl', neededBy: ['redis', 'amqp'], packages: ['openssl'] },
  { program: 'postgresBin', what: 'PostgreSQL 15 or later', neededBy: ['postgres'], packages: ['postgresql'] },
  {
    program: 'python',
    what: 'a Python with Celery, its Redis and AMQP clients, msgpack and yaml',
    neededBy: ['python'],
    packages: ['python3-celery', 'python3-redis', 'python3-sqlalchemy', 'python3-msgpack', 'python3-yaml'],
  },
  {
    program: 'celeryNewest',
    what: 'the newest Celery, in a Python environment made by pip from your package index',
    neededBy: ['celeryNewest'],
    packages: ['python3-venv', 'python3-celery', 'python3-redis'],
  },
  { program: 'chromium', what: 'Chromium', neededBy: ['chromium'], packages: ['chromium'] },
  { program: 'promtool', what: 'promtool of Prometheus', neededBy: ['promtool'], packages: ['prometheus'] },
];

/** What these services need and was not found. */
export function findMissing(names: readonly ServiceName[], found: Found): Requirement[] {
  return requirements.filter(
    ({ program, neededBy }) => found[program] === undefined && neededBy.some((name) => names.includes(name)),
  );
}

/** The packages of these requirements, each once. */
export function toPackages(missing: readonly Requirement[]): string[] {
  return [...new Set(missing.flatMap(({ packages }) => packages))];
}

/** One message that names all that is missing and the command to type. */
export function toMissingMessage(
  missing: readonly Requirement[],
  platform: NodeJS.Platform,
  problems: string[] = [],
): string {
  const programs = missing.map(({ program }) => program);
  return [
    'This machine lacks what has to run:',
    ...missing.map(({ what }) => `  - ${what}`),
    platform === 'darwin' ? 'Install it with:' : 'On Debian or Ubuntu, install it with:',
    ...(platform === 'darwin' ? toBrewCommands(missing) : [toAptCommand(missing)]).map((line) => `  ${line}`),
    'and run the same command again. Redis, RabbitMQ and PostgreSQL are also taken from docker compose where a Docker engine runs.',
    ...(programs.includes('python') ? ['Another Python that has Celery: set HERBARIUM_PYTHON to its path.'] : []),
    ...(programs.includes('chromium') ? ['Another Chromium: set HERBARIUM_CHROMIUM to its path.'] : []),
    ...problems,
  ].join('\n');
}

function toAptCommand(missing: readonly Requirement[]): string {
  return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${toPackages(missing).join(' ')}`;
}

function toBrewCommands(missing: readonly Requirement[]): string[] {
  const formulas: Record<keyof Found, string | undefined> = {
    redisServer: 'redis',
    rabbitmqServer: 'rabbitmq',
    epmd: 'rabbitmq',
    openssl: 'openssl',
    postgresBin: 'postgresql@17',
    python: undefined,
    celeryNewest: undefined,
    chromium: '--cask chromium',
    promtool: 'prometheus',
  };
  const names = new Set(missing.map(({ program }) => formulas[program]).filter((name) => name !== undefined));
  const pip =
    "python3 -m venv .cache/python && .cache/python/bin/pip install 'celery[redis]' msgpack pyyaml sqlalchemy";
  const needsPython = missing.some(({ program }) => program === 'python');
  return [...[...names].map((name) => `brew install ${name}`), ...(needsPython ? [pip] : [])];
}
