import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../server/config/load-config.ts';
import { fail, load, toPaths } from './load.ts';

const python = 'flowerconfig.py';

describe('where a value comes from', () => {
  it('takes the default when nothing is said', async () => {
    const { config, sources, notices } = await load();
    expect(config.port).toBe(5555);
    expect(config.broker).toBe('amqp://guest:guest@localhost:5672//');
    expect(sources).toEqual({});
    expect(notices).toEqual([]);
  });

  it('prefers a flag to HERBARIUM_, that to FLOWER_, and that to the config file', async () => {
    const files = { [python]: 'port = 1\nmax_tasks = 1\nmax_workers = 1\ndebug = True' };
    const env = {
      FLOWER_PORT: '2',
      FLOWER_MAX_TASKS: '2',
      FLOWER_MAX_WORKERS: '2',
      HERBARIUM_PORT: '3',
      HERBARIUM_MAX_TASKS: '3',
    };
    const { config, sources } = await load({ argv: ['--port', '4'], env, files });
    expect([config.port, config.max_tasks, config.max_workers, config.debug]).toEqual([4, 3, 2, true]);
    expect(sources).toEqual({
      port: '--port',
      max_tasks: 'HERBARIUM_MAX_TASKS',
      max_workers: 'FLOWER_MAX_WORKERS',
      debug: 'flowerconfig.py line 4',
    });
  });

  it("takes the broker from Celery's variable, after our own and Flower's", async () => {
    const env = { CELERY_BROKER_URL: 'redis://c', CELERY_RESULT_BACKEND: 'redis://r' };
    expect((await load({ env })).config).toMatchObject({ broker: 'redis://c', result_backend: 'redis://r' });
    expect((await load({ env: { ...env, FLOWER_BROKER: 'redis://f' } })).config.broker).toBe('redis://f');
    expect((await load({ env, argv: ['-b', 'redis://flag'] })).config.broker).toBe('redis://flag');
  });

  it('takes the last of a flag that is given twice', async () => {
    expect((await load({ argv: ['--port=1', '--port', '2'] })).config.port).toBe(2);
  });

  it('takes an empty variable for none', async () => {
    expect((await load({ env: { FLOWER_PORT: '', HERBARIUM_PORT: '' } })).config.port).toBe(5555);
  });

  it('makes paths absolute from where it was started, and leaves database URLs alone', async () => {
    const { config } = await load({ argv: ['--certfile=tls/cert.pem', '--keyfile', '~/key.pem'] });
    expect([config.db, config.certfile, config.keyfile]).toEqual([
      '/srv/monitor/herbarium',
      '/srv/monitor/tls/cert.pem',
      '/home/ada/key.pem',
    ]);
    expect((await load({ argv: ['--db', 'postgres://h/db'] })).config.db).toBe('postgres://h/db');
  });
});

describe('spelling', () => {
  it.each(['--basic_auth=ada:pw', '--basic-auth=ada:pw'])('reads %s', async (flag) => {
    expect((await load({ argv: [flag] })).config.basic_auth).toEqual([{ user: 'ada', password: 'pw' }]);
  });

  it.each<[string[], boolean]>([
    [['--debug'], true],
    [['--debug=true'], true],
    [['--debug', 'on'], true],
    [['--debug', '--port', '1'], true],
    [['--debug=False'], false],
    [['--debug', '0'], false],
    [['--no-debug'], false],
    [['--no_debug'], false],
  ])('reads %j as debug %s', async (argv, expected) => {
    expect((await load({ argv: [...argv] })).config.debug).toBe(expected);
  });

  it.each(['y', 'YES', 't', 'True', 'on', '1'])('reads FLOWER_UNAUTHENTICATED_API=%s as true', async (word) => {
    expect((await load({ env: { FLOWER_UNAUTHENTICATED_API: word } })).config.unauthenticated_api).toBe(true);
  });

  it.each(['n', 'no', 'F', 'false', 'OFF', '0'])('reads FLOWER_PERSISTENT=%s as false', async (word) => {
    expect((await load({ env: { FLOWER_PERSISTENT: word } })).config.persistent).toBe(false);
  });

  it('takes a value that begins with a dash', async () => {
    expect((await load({ argv: ['--cookie_secret', '-dash'] })).config.cookie_secret).toBe('-dash');
  });

  it('takes the empty address as every address, as Flower does', async () => {
    expect((await load({ argv: ['--address='] })).config.address).toBe('');
  });
});

describe('values', () => {
  it('reads lengths of time in their own unit, or with one', async () => {
    const { config } = await load({
      argv: ['--state_save_interval=10s', '--events-queue-expires', '2h', '--segment-hours=2d', '--flush_interval=250'],
    });
    expect([
      config.state_save_interval,
      config.events_queue_expires,
      config.segment_hours,
      config.flush_interval,
    ]).toEqual([10_000, 7200, 48, 250]);
  });

  it('reads sizes', async () => {
    const { config } = await load({
      argv: ['--events-queue-max-bytes=64MiB', '--log_file_prefix=x', '--log_file_max_size', '5000'],
    });
    expect([config.events_queue_max_bytes, config.log_file_max_size]).toEqual([67_108_864, 5000]);
  });

  it.each<[string, string]>([
    ['flower', '/flower'],
    ['/flower/', '/flower'],
    ['//a/b', '/a/b'],
    ['/', ''],
  ])('reads the url_prefix %s as %j', async (written, expected) => {
    expect((await load({ argv: ['--url_prefix', written] })).config.url_prefix).toBe(expected);
  });

  it.each(['../up', '/a//b', 'a?b', 'http://host/x', 'a b'])('refuses the url_prefix %s', async (written) => {
    expect(toPaths(await fail({ argv: ['--url_prefix', written] }))).toEqual(['--url-prefix']);
  });

  it('reads all columns, and an order of columns', async () => {
    expect((await load({ env: { FLOWER_TASKS_COLUMNS: 'all' } })).config.tasks_columns).toHaveLength(15);
    expect((await load({ env: { FLOWER_TASKS_COLUMNS: 'state, name' } })).config.tasks_columns).toEqual([
      'state',
      'name',
    ]);
  });

  it("reads buckets with Flower's inf at the end", async () => {
    expect(
      (await load({ argv: ['--task_runtime_metric_buckets=1,5,inf'] })).config.task_runtime_metric_buckets,
    ).toEqual([1, 5]);
    await fail({ argv: ['--task_runtime_metric_buckets=5,1'] });
  });

  it('reads transport options as JSON', async () => {
    const env = { HERBARIUM_BROKER_TRANSPORT_OPTIONS: '{"global_keyprefix": "shop-", "fanout_prefix": true}' };
    expect((await load({ env })).config.broker_transport_options).toEqual({
      global_keyprefix: 'shop-',
      fanout_prefix: true,
    });
  });

  it('lets a password hold a colon', async () => {
    expect((await load({ env: { FLOWER_BASIC_AUTH: 'a:b:c,d:e' } })).config.basic_auth).toEqual([
      { user: 'a', password: 'b:c' },
      { user: 'd', password: 'e' },
    ]);
  });
});

describe('what is wrong', () => {
  it('is said all at once, each with its source', async () => {
    const error = await fail({
      argv: ['--port', 'abc', '--colour=red', '--keyfile=key.pem', '--db', '--logging=loud'],
      env: { FLOWER_MAX_TASKS: '-1', HERBARIUM_PROT: '1' },
      files: { [python]: '\n\ndebug = "perhaps"\nurl_prefx = "x"' },
    });
    expect(toPaths(error).sort()).toEqual(
      [
        '--colour',
        '--db',
        '--keyfile',
        '--logging',
        '--port',
        'FLOWER_MAX_TASKS',
        'HERBARIUM_PROT',
        'flowerconfig.py line 3',
        'flowerconfig.py line 4',
      ].sort(),
    );
    expect(error.message).toContain('--port: port accepts a whole number from 0 to 65535, not "abc"');
    expect(error.message).toContain('HERBARIUM_PROT: is not an option; did you mean HERBARIUM_PORT or FLOWER_PORT?');
    expect(error.message).toContain('flowerconfig.py line 4: url_prefx is not an option; did you mean url_prefix?');
    for (const { path, message } of error.details ?? []) expect(error.message).toContain(`${path}: ${message}`);
  });

  it('includes a bad value that another one overrides', async () => {
    expect(toPaths(await fail({ argv: ['--port=1'], env: { FLOWER_PORT: 'x' } }))).toEqual(['FLOWER_PORT']);
  });

  it("tells those who come from Celery's command line what to write", async () => {
    const error = await fail({ argv: ['-A', 'proj', '--broker=redis://h', 'flower', '--loglevel', 'info'] });
    expect(toPaths(error)).toEqual(['-A', 'command line', '--loglevel']);
    expect(error.message).toContain('give the broker with --broker');
    expect(error.message).toContain('leave "flower" out');
    expect(error.message).toContain('--logging');
  });

  it('does not include an unknown FLOWER_ variable, which Flower ignores too', async () => {
    const { notices } = await load({ env: { FLOWER_SEGMENT_TASKS: '5' } });
    expect(notices).toEqual([
      'FLOWER_SEGMENT_TASKS is not an option; did you mean HERBARIUM_SEGMENT_TASKS?, and is ignored',
    ]);
  });

  it('does not include the variables that Kubernetes makes of a service called flower or herbarium', async () => {
    const env = {
      FLOWER_PORT: 'tcp://10.0.0.1:5555',
      FLOWER_PORT_5555_TCP_ADDR: '10.0.0.1',
      HERBARIUM_SERVICE_HOST: '10.0.0.2',
      HERBARIUM_SERVICE_PORT_HTTP: '80',
      HERBARIUM_WEB_PORT: 'tcp://10.0.0.2:80',
    };
    const { config, notices } = await load({ env });
    expect([config.port, notices]).toEqual([5555, []]);
  });

  it('is found by the checks of other rooms, among the rest', async () => {
    const check = (text: string) => {
      if (!text.startsWith('redis:')) throw new Error('that is no broker');
    };
    const input = {
      env: {},
      cwd: '/',
      files: { read: () => Promise.resolve(undefined), load: () => Promise.resolve({}) },
      checks: { broker: check },
    };
    await expect(loadConfig({ ...input, argv: ['--broker=x://y', '--port=x'] })).rejects.toMatchObject({
      details: [{ path: '--broker', message: 'that is no broker' }, { path: '--port' }],
    });
    expect((await loadConfig({ ...input, argv: ['--broker=redis://y'] })).config.broker).toBe('redis://y');
  });
});

describe('options without effect', () => {
  it('are named when another one makes them so', async () => {
    const { notices } = await load({ argv: ['--unix_socket=/run/h.sock', '--port=80', '--log_file_max_size=1000'] });
    expect(notices).toEqual([
      'port (--port) has no effect with unix_socket',
      'log_file_max_size (--log-file-max-size) has no effect without log_file_prefix',
    ]);
  });
});
