import stringWidth from 'string-width';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { CeleryEvent } from '../../server/celery/event.ts';
import { toAnswerTable } from '../../server/commands/answer-table.ts';
import { toEventLine } from '../../server/commands/event-line.ts';
import { findChosen, firstChoice, press, type Choice } from '../../server/commands/live-choice.ts';
import { toFrame, type Frame } from '../../server/commands/live-frame.ts';
import { toKeys } from '../../server/commands/screen.ts';
import { WatchedCluster } from '../../server/commands/watched-cluster.ts';
import { sampleTask, sampleWorker } from '../helpers/samples.ts';

const event = (type: string, uuid: string, fields: object = {}): CeleryEvent => ({
  type,
  uuid,
  hostname: 'w1@host',
  timestamp: 1_800_000_000.5,
  clock: 1,
  ...fields,
});

describe('a line for an event', () => {
  it('is as Celery writes it: who, when in UTC, what, of which task', () => {
    const cluster = new WatchedCluster();
    const received = event('task-received', 'a', { name: 'shop.add', args: '(1,)', kwargs: '{}', pid: 7 });
    expect(toEventLine(received, cluster.apply(received, 0))).toBe(
      'w1@host [2027-01-15 08:00:00.500] task received: shop.add(a) args=(1,) kwargs={}',
    );
    const succeeded = event('task-succeeded', 'a', { result: '2', runtime: 0.5 });
    expect(toEventLine(succeeded, cluster.apply(succeeded, 0))).toBe(
      'w1@host [2027-01-15 08:00:00.500] task succeeded: shop.add(a) result=2 runtime=0.5',
    );
    const beat: CeleryEvent = { type: 'worker-heartbeat', hostname: 'w1@host', timestamp: 0, clock: 1, freq: 2 };
    expect(toEventLine(beat, null)).toBe('w1@host [1970-01-01 00:00:00.000] worker heartbeat: freq=2');
  });

  it('is one line, and tells the terminal nothing', () => {
    const failed = event('task-failed', 'a', { traceback: 'one\ntwo\u001b[31m', exception: 'x'.repeat(1000) });
    const line = toEventLine(failed, null);
    // eslint-disable-next-line no-control-regex -- those are the ones
    expect(line).not.toMatch(/[\x00-\x1f]/);
    expect(line.length).toBeLessThan(600);
  });
});

describe('the cluster that is watched', () => {
  it('has the task last told of first, and workers by name', () => {
    const cluster = new WatchedCluster();
    for (const uuid of ['a', 'b', 'a']) cluster.apply(event('task-started', uuid), 10);
    cluster.apply({ ...event('task-started', 'c'), hostname: 'w0@host' }, 10);
    expect(cluster.tasks().map(({ uuid }) => uuid)).toEqual(['c', 'a', 'b']);
    expect(cluster.workers().map(({ hostname }) => hostname)).toEqual(['w0@host', 'w1@host']);
    expect(cluster.events).toBe(4);
  });

  it('forgets the oldest tasks, however many come', () => {
    const cluster = new WatchedCluster();
    for (let i = 0; i < 5100; i++) cluster.apply(event('task-started', `t${i}`), 10);
    expect(cluster.tasks()).toHaveLength(5000);
    expect(cluster.tasks().at(-1)?.uuid).toBe('t100');
  });
});

const frame = (changes: Partial<Frame> = {}): Frame => ({
  broker: 'redis://host/0',
  trouble: null,
  events: 12,
  eventsPerS: 1.5,
  workers: [sampleWorker({ hostname: 'w1@host', lastHeartbeat: 1000 })],
  tasks: Array.from({ length: 50 }, (_, i) => sampleTask({ uuid: `t${i}`, args: '花'.repeat(40), worker: 'w1@host' })),
  chosen: 0,
  filter: '',
  typed: null,
  problem: null,
  isPaused: false,
  columns: 100,
  rows: 30,
  colours: false,
  now: 1001,
  ...changes,
});

describe('the live view', () => {
  it.each([
    [100, 30],
    [80, 24],
    [200, 60],
    [120, 10],
  ])('fits a terminal of %d characters and %d lines, in colours or without', (columns, rows) => {
    for (const colours of [false, true]) {
      const lines = toFrame(frame({ columns, rows, colours }));
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(stringWidth(stripVTControlCharacters(line))).toBeLessThanOrEqual(columns);
    }
  });

  it('says how many events, workers and tasks there are, and which keys', () => {
    const lines = toFrame(frame({ columns: 160 }));
    expect(lines[0]).toBe('● connected · 12 events, 1.5/s · 1 of 1 workers alive · 50 tasks · redis://host/0');
    expect(lines.at(-1)).toMatch(/^q quit {2}\/ filter {2}p pause/);
  });

  it('keeps the chosen task in sight, with all of it below', () => {
    const lines = toFrame(frame({ chosen: 40 }));
    expect(lines.filter((line) => line.startsWith('›'))).toEqual([expect.stringMatching(/ t40$/)]);
    expect(lines.at(-2)).toBe('t40 · queue celery → 4');
  });

  it('says why there is no connection, that it is paused, and what is wrong with a filter', () => {
    expect(toFrame(frame({ trouble: 'refused', isPaused: true }))[0]).toMatch(/^paused · ✕ refused/);
    expect(toFrame(frame({ typed: 'state:', problem: 'a state is needed' })).at(-1)).toBe('/state:▏ a state is needed');
  });

  it('shows what a worker sent, and never obeys it', () => {
    const task = sampleTask({ uuid: 'a', name: '\u001b]0;owned\u0007', args: 'one\ntwo' });
    const text = toFrame(frame({ tasks: [task], broker: '\u001b[2J' })).join('');
    // eslint-disable-next-line no-control-regex -- those are the ones
    expect(text).not.toMatch(/[\x00-\x1f]/);
  });
});

describe('the keys', () => {
  const ids = ['a', 'b', 'c'];
  const type = (choice: Choice, keys: string): Choice =>
    toKeys(keys).reduce((now, key) => press(now, key, ids) as Choice, choice);

  it('choose a task, and stay with it when others come', () => {
    const chosen = type(firstChoice, 'jj\u001b[Bk');
    expect(chosen.uuid).toBe('b');
    expect(findChosen(chosen, ['new', ...ids])).toBe(2);
    expect(findChosen(type(chosen, 'k'), ['new', ...ids])).toBe(0);
    expect(findChosen(chosen, ['c'])).toBe(0);
  });

  it('write a filter, which counts when it is entered', () => {
    const typing = type(firstChoice, '/state:FAILUREX\u007f\u001b[A');
    expect(typing).toMatchObject({ typed: 'state:FAILURE', filter: '' });
    expect(type(typing, '\r')).toMatchObject({ typed: null, filter: 'state:FAILURE' });
    expect(type(typing, '\u001b')).toMatchObject({ typed: null, filter: '' });
    // Within it q is a letter.
    expect(type(typing, 'q').typed).toBe('state:FAILUREq');
  });

  it('pause, go on, quit and interrupt', () => {
    expect(type(firstChoice, 'p').isPaused).toBe(true);
    expect(type(firstChoice, 'pp').isPaused).toBe(false);
    expect(press(firstChoice, 'q', ids)).toBe('quit');
    expect(press({ ...firstChoice, typed: '' }, '\u0003', ids)).toBe('interrupt');
  });
});

describe('a table of answers', () => {
  const table = (name: string, answer: unknown): string[][] => toAnswerTable(name, new Map([['w@x', answer]])).rows;

  it.each<[string, unknown, string[][]]>([
    ['ping', { ok: 'pong' }, [['w@x', 'pong']]],
    ['heartbeat', null, [['w@x', 'ok']]],
    ['clock', { clock: 7 }, [['w@x', '7']]],
    [
      'conf',
      { a: null, b: { c: 1 } },
      [
        ['w@x', 'a', ''],
        ['w@x', 'b', '{"c":1}'],
      ],
    ],
    [
      'revoked',
      ['a', 'b'],
      [
        ['w@x', 'a'],
        ['w@x', 'b'],
      ],
    ],
    ['active', [{ id: 'a', name: 't', args: [1], kwargs: {}, time_start: null }], [['w@x', 'a', 't', '[1]', '{}', '']]],
    [
      'scheduled',
      [{ eta: 'then', request: { id: 'a', name: 't', args: '(1,)', kwargs: '{}' } }],
      [['w@x', 'then', 'a', 't', '(1,)', '{}']],
    ],
    ['query_task', { a: ['active', { name: 't', args: [], kwargs: {} }] }, [['w@x', 'a', 'active', 't', '[]', '{}']]],
    [
      'active_queues',
      [{ name: 'q', exchange: { name: 'e', type: 'direct' }, routing_key: 'k' }],
      [['w@x', 'q', 'e', 'direct', 'k']],
    ],
    [
      'stats',
      { pid: 1, uptime: 93_784, pool: { processes: [1, 2] }, total: { a: 2, b: 3 }, prefetch_count: 8 },
      [['w@x', '1', '1 d 2 h', '2', '8', '5', '']],
    ],
    ['stats', 'what is this', [['w@x', '', '', '', '', '0', '']]],
  ])('of %s has a row for each thing', (name, answer, rows) => expect(table(name, answer)).toEqual(rows));
});
