import { describe, expect, it } from 'vitest';
import {
  readRoutingKey,
  toChannels,
  toEnvelope,
  toPatterns,
  type ChannelOptions,
} from '../../server/brokers/redis-channels.ts';
import { readCapture, type CaptureLine } from '../helpers/captures.ts';

interface CommandLine extends CaptureLine {
  case: string;
  argv?: string[];
}

const commands = readCapture<CommandLine>('commands-redis-5.6.3').filter(({ argv }) => argv !== undefined);
const database3 = { kind: 'redis', db: 3 } as const;
const defaults: ChannelOptions = { globalKeyprefix: '', fanoutPrefix: true, fanoutPatterns: true };

/** The recorded cases of Celery's own receiver, and the transport options it ran with. */
const cases: [string, Partial<ChannelOptions>][] = [
  ['event receiver: connect, wake up, two events, close', {}],
  ['variant: global_keyprefix', { globalKeyprefix: 'pfx:' }],
  ['variant: fanout_prefix False', { fanoutPrefix: false }],
  ['variant: fanout_prefix string', { fanoutPrefix: '/custom.' }],
  ['variant: fanout_patterns False', { fanoutPatterns: false }],
  ['variant: fanout_prefix and fanout_patterns False', { fanoutPrefix: false, fanoutPatterns: false }],
];

function channelsOf(name: string, command: string): string[] {
  return commands
    .filter((line) => line.case === name && line.argv?.[0] === command)
    .map((line) => line.argv?.[1] ?? '');
}

describe('channels', () => {
  it.each(cases)('are those of Celery in "%s"', (name, options) => {
    const all = { ...defaults, ...options };
    expect(channelsOf(name, 'PSUBSCRIBE')).toContain(toPatterns(toChannels('celeryev', database3, all), all)[0]);
    expect(channelsOf(name, 'PUBLISH')).toContain(toChannels('celery.pidbox', database3, all)[0]);
  });

  it('give the routing key back', () => {
    const channels = toChannels('celeryev', database3, defaults);
    expect(readRoutingKey('/3.celeryev/task.multi', channels)).toBe('task.multi');
    expect(readRoutingKey('/3.celeryev', channels)).toBe('');
  });

  it('fill the database into a prefix of the user', () => {
    expect(toChannels('celeryev', database3, { ...defaults, fanoutPrefix: '/x{db}.' })).toEqual(['/x3.celeryev']);
  });

  it('through a sentinel are also those of a kombu that does not fill it in', () => {
    const sentinel = { kind: 'sentinel', db: 2 } as const;
    expect(toChannels('celeryev', sentinel, defaults)).toEqual(['/2.celeryev', '/{db}.celeryev']);
    expect(toChannels('celeryev', sentinel, { ...defaults, fanoutPrefix: '/own.' })).toEqual(['/own.celeryev']);
  });

  it('take glob characters of a prefix for themselves', () => {
    const options = { ...defaults, globalKeyprefix: '[a]*?' };
    expect(toPatterns(toChannels('celeryev', database3, options), options)).toEqual(['\\[a\\]\\*\\?/3.celeryev/*']);
  });
});

describe('toEnvelope', () => {
  it('has the form of a recorded control message', () => {
    const recorded = commands.find(({ argv }) => argv?.[0] === 'PUBLISH' && argv[1] === '/3.celery.pidbox')?.argv?.[2];
    const theirs = JSON.parse(recorded ?? '') as {
      body: string;
      headers: object;
      properties: { delivery_tag: string };
    };
    const body = Buffer.from(theirs.body, 'base64').toString();
    const ours = JSON.parse(toEnvelope({ body, headers: { ...theirs.headers } }, 'celery.pidbox')) as typeof theirs;
    expect(ours.properties.delivery_tag).toMatch(/^[\da-f-]{36}$/);
    ours.properties.delivery_tag = theirs.properties.delivery_tag;
    expect(ours).toEqual(theirs);
  });
});
