import { describe, expect, it } from 'vitest';
import { readDemoOptions } from '../../scripts/demo/options.ts';
import { toWorkerCommand } from '../../scripts/demo/worker.ts';
import { isPostgresRecent, sortPostgresVersions, type Found } from '../../scripts/services/find.ts';
import { findOtherUser } from '../../scripts/services/postgres.ts';
import { readProcStat } from '../../scripts/services/processes.ts';
import { findMissing, toMissingMessage, toPackages } from '../../scripts/services/requirements.ts';
import { serviceNames } from '../../scripts/services/state.ts';

const all: Found = {
  redisServer: '/usr/bin/redis-server',
  rabbitmqServer: '/usr/sbin/rabbitmq-server',
  epmd: '/usr/bin/epmd',
  postgresBin: '/usr/lib/postgresql/15/bin',
  openssl: '/usr/bin/openssl',
  python: '/usr/bin/python3',
  celeryNewest: '/home/flora/herbarium/.cache/celery-newest/bin/python3',
  chromium: '/usr/bin/chromium',
  promtool: '/usr/bin/promtool',
};

describe('what is missing', () => {
  it('is nothing where all programs were found', () => {
    expect(findMissing(serviceNames, all)).toEqual([]);
  });

  it('counts only for the services that were asked for', () => {
    const found = { ...all, postgresBin: undefined, python: undefined };
    expect(findMissing(['redis', 'postgres'], found).map(({ program }) => program)).toEqual(['postgresBin']);
  });

  it('is installed by each package once', () => {
    const missing = findMissing(['amqp'], { ...all, rabbitmqServer: undefined, epmd: undefined });
    expect(missing).toHaveLength(2);
    expect(toPackages(missing)).toEqual(['rabbitmq-server']);
  });

  it('is named in one message with the command to type', () => {
    const missing = findMissing(['redis', 'chromium'], { ...all, redisServer: undefined, chromium: undefined });
    const message = toMissingMessage(missing, 'linux', ['Installing it was tried: no network']);
    expect(message).toContain('  - Redis\n  - Chromium\n');
    expect(message).toContain('sudo apt-get install -y --no-install-recommends redis-server chromium\n');
    expect(message).toContain('set HERBARIUM_CHROMIUM to its path');
    expect(message).toContain('no network');
    expect(message).not.toContain('HERBARIUM_PYTHON');
  });

  it('is the newest Celery, with what pip said, where no index has it', () => {
    const missing = findMissing(['python', 'celeryNewest'], { ...all, celeryNewest: undefined });
    const message = toMissingMessage(missing, 'linux', ['Getting the newest Celery was tried: no index']);
    expect(message).toContain('  - the newest Celery');
    expect(message).toContain('no index');
  });

  it('is installed with Homebrew and pip on a Mac', () => {
    const message = toMissingMessage(findMissing(['redis', 'python'], {}), 'darwin');
    expect(message).toContain('  brew install redis\n');
    expect(message).toContain("pip install 'celery[redis]'");
    expect(message).not.toContain('apt-get');
  });
});

describe('Postgres', () => {
  it('is the newest of the versions Debian has beside each other', () => {
    expect(sortPostgresVersions(['9', '15', 'README', '17', '16'])).toEqual(['17', '16', '15', '9']);
  });

  it.each([
    ['postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n', true],
    ['postgres (PostgreSQL) 18beta1\n', true],
    ['postgres (PostgreSQL) 14.9\n', false],
    ['', false],
    [null, false],
  ])('that says %j is recent: %s', (text, expected) => {
    expect(isPostgresRecent(text)).toBe(expected);
  });

  it('runs as postgres, else as nobody, when the caller is root', () => {
    const nobody = 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n';
    expect(findOtherUser(nobody)).toEqual({ uid: 65_534, gid: 65_534 });
    expect(findOtherUser(`${nobody}postgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n`)).toEqual({
      uid: 101,
      gid: 104,
    });
  });
});

describe('a process of Linux', () => {
  const rest = '1 9943 9943 0 -1 4194560 2345 0 0 0 10 5 0 0 20 0 6 0 125152 71274496 2450';

  it('is known by the moment it started, whatever its name holds', () => {
    expect(readProcStat(`9943 (redis-server) S ${rest}`)).toBe('125152');
    expect(readProcStat(`9943 (a ) S 7 (b)) S ${rest}`)).toBe('125152');
  });

  it('is gone once it is a zombie', () => {
    expect(readProcStat(`9943 (redis-server) Z ${rest}`)).toBeUndefined();
  });
});

describe('the demo', () => {
  it('runs on Redis unless told otherwise', () => {
    expect(readDemoOptions([])).toEqual({ broker: 'redis', rate: 4, port: undefined, db: undefined, more: [] });
  });

  it('hands what follows -- to Herbarium', () => {
    const options = readDemoOptions([
      '--broker',
      'amqp',
      '--db=/var/lib/h',
      '--port',
      '5556',
      '--',
      '--basic_auth=a:b',
      '-x',
    ]);
    expect(options).toMatchObject({ broker: 'amqp', db: '/var/lib/h', port: 5556, more: ['--basic_auth=a:b', '-x'] });
  });

  it.each([
    [['--broker', 'kafka'], '--broker is redis or amqp, not "kafka"'],
    [['--rate', 'fast'], '--rate is a number from 0.1 to 1000, not "fast"'],
    [['--port', '0'], '--port is a number from 1 to 65535, not "0"'],
    [['amqp'], '"amqp" is not understood here'],
  ])('refuses %j and says what it takes', (argv, message) => {
    expect(() => readDemoOptions(argv)).toThrow(message);
  });
});

describe('a worker', () => {
  it('sends events, and finds the shop beside the modules of its own', () => {
    const env = { PYTHONPATH: '/srv/app' };
    const { args, env: given } = toWorkerCommand({
      python: 'python3',
      brokerUrl: 'redis://h/1',
      name: 'w@h',
      app: 'tasks',
      env,
    });
    expect(args).toEqual(expect.arrayContaining(['-A', 'tasks', '-E', '-n', 'w@h']));
    expect(given['CELERY_BROKER_URL']).toBe('redis://h/1');
    expect(given['PYTHONPATH']).toMatch(/^\/srv\/app:.*\/scripts\/demo/);
  });
});
