import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLog, toLogOptions, type LogOptions } from '../../server/log.ts';
import type { LogFileOptions } from '../../server/log-file.ts';
import { load } from './load.ts';

/** What a log with these options wrote to the standard error output. */
function listen(options: Partial<LogOptions> = {}) {
  let written = '';
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  const log = openLog({ level: 'info', toStderr: true, file: null, ...options }, stderr);
  return { log, read: () => written };
}

describe('a log line', () => {
  it('says when, how bad, and what, on one line', () => {
    const { log, read } = listen();
    log.warn('the broker is away', { broker: 'redis', error: new Error('refused it'), n: 5 });
    expect(read()).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} WARN {2}the broker is away broker=redis error="refused it" n=5\n$/,
    );
  });

  it('holds no secret', () => {
    const { log, read } = listen();
    log.error('lost redis://:hunter2@h', {
      url: 'amqp://a:hunter2@h//',
      password: 'hunter2',
      deep: { cookie_secret: 'hunter2', list: ['x://a:hunter2@h'] },
      error: new Error('at redis://:hunter2@h'),
    });
    expect(read()).not.toContain('hunter2');
    expect(read()).toContain('lost redis://:***@h');
  });

  it('cannot be forged by a name from the wire', () => {
    const { log, read } = listen();
    log.info('worker w\n[2026] ERROR: all is lost', { name: 'a\nb', level: 'c\nd' });
    expect(read().trimEnd().split('\n')).toHaveLength(1);
  });

  it('is left out below the level', () => {
    const { log, read } = listen({ level: 'warn' });
    log.info('quiet');
    log.debug('quieter');
    expect(read()).toBe('');
  });
});

describe('the options of the log', () => {
  it.each<[string[], Partial<LogOptions>]>([
    [[], { level: 'info', toStderr: true, file: null }],
    [['--debug'], { level: 'debug' }],
    [['--debug', '--logging=error'], { level: 'error' }],
    [['--logging=WARNING'], { level: 'warn' }],
    [['--logging=none'], { level: 'silent' }],
    [['--log_file_prefix=/l'], { toStderr: false, file: { path: '/l', maxBytes: 100_000_000, backups: 10 } }],
    [['--log_file_prefix=/l', '--log_to_stderr'], { toStderr: true }],
    [['--no-log-to-stderr'], { toStderr: false }],
  ])('%j', async (argv, expected) => {
    expect(toLogOptions((await load({ argv })).config)).toMatchObject(expected);
  });
});

describe('a log file', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'herbarium-log-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (options: Partial<LogFileOptions>, count: number) => {
    const { log, read } = listen({
      toStderr: false,
      file: { path: join(folder, 'h.log'), maxBytes: 1000, backups: 2, ...options },
    });
    for (let i = 0; i < count; i++) log.info(`message ${i} ${'x'.repeat(60)}`);
    return { log, read };
  };

  it('is put aside when it has grown, and the oldest ones go', async () => {
    const { log, read } = write({}, 100);
    log.close();
    expect((await readdir(folder)).sort()).toEqual(['h.log', 'h.log.1', 'h.log.2']);
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(1000);
    const kept = await Promise.all(['h.log.2', 'h.log.1', 'h.log'].map((name) => readFile(join(folder, name), 'utf8')));
    const numbers = [...kept.join('').matchAll(/message (\d+)/g)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => 100 - numbers.length + i));
    expect(read()).toBe('');
  });

  it('goes on where it was', async () => {
    write({}, 2).log.close();
    write({}, 1).log.close();
    expect((await readFile(join(folder, 'h.log'), 'utf8')).split('\n')).toHaveLength(4);
  });

  it('grows without end when none is to be kept', async () => {
    write({ backups: 0 }, 50).log.close();
    expect(await readdir(folder)).toEqual(['h.log']);
    expect((await readFile(join(folder, 'h.log'), 'utf8')).split('\n')).toHaveLength(51);
  });

  it('says once that it cannot be written, and goes on by itself when it can', async () => {
    const path = join(folder, 'blocked', 'h.log');
    await writeFile(join(folder, 'blocked'), 'a file where a folder should be');
    const { log, read } = write({ path }, 2);
    expect(read().match(/The log file cannot be written/g)).toHaveLength(1);
    await rm(join(folder, 'blocked'));
    log.info('back');
    log.close();
    expect(await readFile(path, 'utf8')).toContain('back');
  });
});
