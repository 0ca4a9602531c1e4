import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCommandLine } from '../../server/config/command-line.ts';
import { toHelpText } from '../../server/config/help.ts';
import { toFlag, toVariables } from '../../server/config/names.ts';
import { optionGroups } from '../../server/config/option.ts';
import { findOption, listByGroup, optionNames, type Config } from '../../server/config/options.ts';
import { replaceOptionsTable } from '../../server/config/readme-table.ts';
import { load } from './load.ts';

/** Flower's options, with the default each has here; those that differ from Flower's on purpose are marked. */
const flowers: { [Name in keyof Config]?: Config[Name] } = {
  broker: 'amqp://guest:guest@localhost:5672//',
  result_backend: null,
  address: '',
  port: 5555,
  unix_socket: null,
  auth: [],
  auth_provider: 'google',
  oauth2_key: null,
  oauth2_secret: null,
  oauth2_redirect_uri: null,
  basic_auth: [],
  broker_api: null,
  ca_certs: null,
  certfile: null,
  keyfile: null,
  conf: null, // flowerconfig.py, when it is there
  cookie_secret: null,
  db: '/srv/monitor/herbarium', // flower
  persistent: true, // false
  state_save_interval: 10_000, // 0
  debug: false,
  logging: 'info',
  log_file_prefix: null,
  log_to_stderr: null,
  log_file_max_size: 100_000_000,
  log_file_num_backups: 10,
  enable_events: true,
  format_task: null,
  inspect_timeout: 1000,
  max_workers: 5000,
  max_tasks: 100_000,
  natural_time: false,
  tasks_columns: ['name', 'uuid', 'state', 'args', 'kwargs', 'result', 'received', 'started', 'runtime', 'worker'],
  auto_refresh: true,
  purge_offline_workers: null,
  read_only: false,
  task_runtime_metric_buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  url_prefix: '',
  xheaders: false,
  unauthenticated_api: false,
  github_oauth_domain: 'github.com',
  gitlab_oauth_domain: 'gitlab.com',
  gitlab_auth_allowed_groups: [],
  gitlab_min_access_level: 20,
  oauth2_okta_base_url: null,
};

describe('the table', () => {
  it('has every option of Flower, with its default', async () => {
    expect((await load()).config).toMatchObject(flowers);
  });

  it.each(Object.keys(flowers) as (keyof Config)[])('takes %s from a variable FLOWER_X', (name) => {
    expect(toVariables(name)).toContain(`FLOWER_${name.toUpperCase()}`);
  });

  it('has no option that is neither of Flower nor marked as new', () => {
    expect(optionNames.filter((name) => findOption(name).isNew !== true).sort()).toEqual(Object.keys(flowers).sort());
  });

  it('gives no variable to two options', () => {
    const variables = optionNames.flatMap(toVariables);
    expect(new Set(variables).size).toBe(variables.length);
  });

  it('lists every option under one heading', () => {
    expect(listByGroup(optionGroups).flatMap(({ names }) => names)).toHaveLength(optionNames.length);
  });
});

describe('the help', () => {
  const help = toHelpText(100);

  it.each(optionNames)('has %s, with its variable', (name) => {
    const flag =
      findOption(name).default === true && findOption(name).kind.isSwitch
        ? toFlag(name).replace('--', '--[no-]')
        : toFlag(name);
    expect(help).toMatch(new RegExp(`^  .*${flag.replaceAll(/[[\]]/g, '\\$&')}( |$)`, 'm'));
    expect(help).toContain(toVariables(name)[findOption(name).isNew ? 0 : 1] ?? 'nothing');
  });

  it('shows defaults, and stays within its width', () => {
    expect(help.replaceAll(/\s+/g, ' ')).toContain(
      'Port to listen on; 0 takes any that is free. (default: 5555; env: FLOWER_PORT)',
    );
    // A default without a space in it cannot be broken.
    const tooLong = help
      .split('\n')
      .filter((line) => line.length > 100 && line.trim().includes(' ') && !/^A flag|^Every/.test(line));
    expect(tooLong).toEqual([]);
  });

  it.each([['-h'], ['--help'], ['--port', 'abc', '--help', '--colour']])('is asked for by %j', (...argv) => {
    expect(readCommandLine(argv).asksFor).toBe('help');
  });

  it('gives way to nothing but itself when the version is asked for', () => {
    expect(readCommandLine(['--version']).asksFor).toBe('version');
    expect(readCommandLine(['-V']).asksFor).toBe('version');
    expect(readCommandLine(['--port', '1']).asksFor).toBeUndefined();
  });
});

describe('the README', () => {
  it('holds the table as it is now (else: npx tsx scripts/readme.ts)', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    expect(replaceOptionsTable(readme)).toBe(readme);
    expect(readme).toContain('| `--port` | 5555 | Port to listen on');
  });

  it('must have the markers', () => {
    expect(() => replaceOptionsTable('# Herbarium')).toThrow('README.md has no <!-- options:start -->');
  });
});

describe('the retention', () => {
  it('reads ages with units, and nothing without one', async () => {
    const argv = [
      '--retention',
      '30d',
      '--retention-failures',
      '8w',
      '--retention-events',
      '36h',
      '--max-db-size',
      '20GB',
    ];
    expect((await load({ argv })).config).toMatchObject({
      retention: 30 * 86_400,
      retention_failures: 56 * 86_400,
      retention_events: 129_600,
      max_db_size: 20e9,
    });
    await expect(load({ argv: ['--retention', '30'] })).rejects.toThrow('retention accepts an age');
  });

  it('keeps everything unless told otherwise', async () => {
    const { config } = await load();
    expect([config.retention, config.max_db_size]).toEqual([null, null]);
  });

  it.each([[['--retention-failures', '30d']], [['--retention', '30d', '--retention-failures', '7d']]])(
    'refuses %j',
    async (argv) => {
      await expect(load({ argv })).rejects.toThrow(/retention_failures/);
    },
  );
});
