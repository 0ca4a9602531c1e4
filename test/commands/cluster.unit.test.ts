import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { checkArguments } from '../../server/celery/control-arguments.ts';
import { inspectMethods, controlMethods, findRemoteMethod } from '../../server/commands/remote-methods.ts';
import { runCommand } from '../../server/commands/run-command.ts';

/** A port on which nothing listens: what gets so far is unavailable. */
const nowhere = ['--broker', 'redis://127.0.0.1:1/0'];

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = { stdout, stderr, env: {}, cwd: '/nowhere', signal: new AbortController().signal };
  const code = await runCommand(argv, io);
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

function read(methods: typeof controlMethods | typeof inspectMethods, line: string): [string, unknown] {
  const [name = '', ...words] = line.split(' ');
  const { method, toArguments } = findRemoteMethod<string>(methods, name, words);
  return [method, checkArguments(method as never, toArguments(words))];
}

describe('the words of celery inspect and celery control', () => {
  it.each<[string, string, object]>([
    ['ping', 'ping', {}],
    ['conf', 'conf', { with_defaults: false }],
    ['conf true', 'conf', { with_defaults: true }],
    ['query_task a b', 'query_task', { ids: ['a', 'b'] }],
    ['query-task a', 'query_task', { ids: ['a'] }],
    ['registered rate_limit', 'registered', { taskinfoitems: ['rate_limit'], builtins: false }],
  ])('asks by "%s"', (line, method, args) => expect(read(inspectMethods, line)).toEqual([method, args]));

  it.each<[string, string, object]>([
    ['autoscale 10 3', 'autoscale', { max: 10, min: 3 }],
    ['autoscale 10', 'autoscale', { max: 10, min: 0 }],
    ['pool_grow', 'pool_grow', { n: 1 }],
    ['pool_shrink 2', 'pool_shrink', { n: 2 }],
    [
      'add_consumer mail post topic mail.#',
      'add_consumer',
      { queue: 'mail', exchange: 'post', exchange_type: 'topic', routing_key: 'mail.#' },
    ],
    ['rate_limit shop.add 5/m', 'rate_limit', { task_name: 'shop.add', rate_limit: '5/m' }],
    ['rate_limit shop.add 0', 'rate_limit', { task_name: 'shop.add', rate_limit: '' }],
    ['time_limit shop.add 1.5 3', 'time_limit', { task_name: 'shop.add', soft: 1.5, hard: 3 }],
    ['time_limit shop.add 2', 'time_limit', { task_name: 'shop.add', soft: 2, hard: null }],
    ['revoke a b', 'revoke', { task_id: ['a', 'b'], terminate: false, signal: 'SIGTERM' }],
    ['terminate kill a', 'revoke', { task_id: ['a'], terminate: true, signal: 'SIGKILL' }],
    [
      'revoke_by_stamped_headers tenant=a tenant=b',
      'revoke_by_stamped_headers',
      { headers: { tenant: ['a', 'b'] }, terminate: false, signal: 'SIGTERM' },
    ],
    ['shutdown', 'shutdown', {}],
  ])('tells by "%s"', (line, method, args) => expect(read(controlMethods, line)).toEqual([method, args]));
});

describe('what cannot be sent', () => {
  it.each([
    ['inspect', 'pong'],
    ['inspect', 'ping', 'me'],
    ['inspect', 'query_task'],
    ['inspect', 'conf', 'perhaps'],
    ['control', 'election'],
    ['control', 'pool_grow', 'many'],
    ['control', 'pool_shrink', '0'],
    ['control', 'autoscale', '1', '3'],
    ['control', 'add_consumer'],
    ['control', 'rate_limit', 'shop.add', '5/q'],
    ['control', 'time_limit', 'shop.add', '9', '3'],
    ['control', 'terminate', 'STOP', 'id'],
    ['control', 'revoke_by_stamped_headers', 'tenant'],
    ['control', 'shutdown', '--destination', ''],
    ['call'],
    ['call', 'shop.add', '--args', '{}'],
    ['call', 'shop.add', '--args', '[1], "queue": "x"'],
    ['call', 'shop.add', '--kwargs', '[]'],
    ['call', 'shop.add', '--countdown', 'soon'],
    ['call', 'shop.add', '--eta', 'yesterday'],
    ['call', 'shop.add', '--queue', ''],
    ['call', ' \t'],
    ['events', 'state:'],
    ['events', '--colour'],
  ])('is refused before anything is: %j', async (...argv) => {
    const { code, out, err } = await run(...argv, ...nowhere);
    expect(code).toBe(64);
    expect(out).toBe('');
    expect(err).not.toBe('');
  });
});

it.each([
  ['inspect', 'ping'],
  ['control', 'pool_grow', '-d', 'w@x'],
  ['call', 'shop.add', '-a', '[1]'],
  ['events', '--dump'],
])(
  'a broker that cannot be reached is 69, as in Celery: %j',
  async (...argv) => {
    const { code, err } = await run(...argv, ...nowhere);
    expect(code).toBe(69);
    expect(err).toContain('redis://127.0.0.1:1/0 cannot be reached now');
  },
  60_000,
);

it.each([
  ['inspect', inspectMethods],
  ['control', controlMethods],
] as const)('%s alone says what there is, and so does its help', async (name, methods) => {
  const { code, out } = await run(name);
  expect(code).toBe(0);
  const { out: help } = await run(name, '--help');
  for (const method of methods) {
    expect(out).toContain(`${method.name} ${method.usage}`.trim());
    expect(help).toContain(method.name);
  }
  expect(help.replace(/\s+/g, ' ')).toContain('69 when no worker answered in time');
});
