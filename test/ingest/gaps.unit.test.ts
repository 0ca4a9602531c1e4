import { describe, expect, test } from 'vitest';
import { GapKeeper, type Gap, type Snapshot } from '../../server/ingest/gaps.ts';

const redis = { maskedUrl: 'redis://r', keepsMs: 0 };
const rabbit = { maskedUrl: 'amqp://q', keepsMs: 3_600_000 };

function snapshotOf(clean: boolean, at: number): Snapshot {
  const mark = { seenUntil: at, clean };
  return { [redis.maskedUrl]: mark, [rabbit.maskedUrl]: mark };
}

type Step = ['start'] | ['connected' | 'disconnected' | 'overflowed' | 'overflowEnded' | 'seen', number];

/** What a store would hold after these steps: by broker and `from`, the last one saved. */
function gapsAfter(snapshot: Snapshot | null, broker: typeof redis, steps: Step[]): [number, number | null, string][] {
  const keeper = new GapKeeper(snapshot ?? {}, [broker]);
  const saved = new Map<number, Gap>();
  for (const [what, atS] of steps) {
    const gaps = what === 'start' ? keeper.atStart() : (keeper[what](0, atS * 1000) ?? []);
    for (const gap of gaps) saved.set(gap.from, gap);
  }
  return [...saved.values()].map(({ from, to, why }) => [from, to, why]);
}

type Case = [name: string, Snapshot | null, typeof redis, Step[], [number, number | null, string][]];

const cases: Case[] = [
  ['no gap on the very first start', null, redis, [['start'], ['connected', 100]], []],
  ['a gap while it was stopped', snapshotOf(true, 50), redis, [['start'], ['connected', 100]], [[50, 100, 'stopped']]],
  ['a gap after a crash', snapshotOf(false, 50), redis, [['start'], ['connected', 100]], [[50, 100, 'crashed']]],
  ['an open gap until it connects', snapshotOf(true, 50), redis, [['start']], [[50, null, 'stopped']]],
  [
    'one gap when the first attempts to connect fail',
    snapshotOf(true, 50),
    redis,
    [['start'], ['disconnected', 90], ['disconnected', 95], ['connected', 100]],
    [[50, 100, 'stopped']],
  ],
  ['no gap when a broker that was never seen is down', null, redis, [['start'], ['disconnected', 90]], []],
  [
    'an open gap from the loss of the connection',
    null,
    redis,
    [['start'], ['connected', 100], ['seen', 200], ['disconnected', 201]],
    [[201, null, 'disconnected']],
  ],
  [
    'a gap until it is connected again, twice',
    null,
    redis,
    [
      ['connected', 100],
      ['disconnected', 200],
      ['connected', 210],
      ['disconnected', 300],
      ['connected', 305],
    ],
    [
      [200, 210, 'disconnected'],
      [300, 305, 'disconnected'],
    ],
  ],
  ['no gap on a queue that kept everything', snapshotOf(false, 50), rabbit, [['start'], ['connected', 3600]], []],
  [
    'a gap when the queue had expired',
    snapshotOf(false, 50),
    rabbit,
    [['start'], ['connected', 3700]],
    [[50, 3700, 'crashed']],
  ],
  [
    'no gap while the queue keeps everything',
    null,
    rabbit,
    [
      ['connected', 100],
      ['disconnected', 200],
      ['connected', 900],
    ],
    [],
  ],
  [
    'a gap when it was disconnected for longer than the queue lives',
    null,
    rabbit,
    [
      ['connected', 100],
      ['seen', 200],
      ['disconnected', 201],
      ['connected', 4000],
    ],
    [[200, 4000, 'disconnected']],
  ],
  [
    'a gap while messages are dropped',
    null,
    redis,
    [
      ['connected', 100],
      ['overflowed', 200],
      ['overflowEnded', 220],
    ],
    [[200, 220, 'overflow']],
  ],
  [
    'one gap when the connection is lost while messages are dropped',
    null,
    redis,
    [
      ['connected', 100],
      ['overflowed', 200],
      ['disconnected', 210],
      ['overflowEnded', 220],
      ['connected', 230],
    ],
    [[200, 230, 'overflow']],
  ],
  [
    'one gap when messages are still dropped on return',
    null,
    redis,
    [
      ['connected', 100],
      ['overflowed', 200],
      ['disconnected', 210],
      ['connected', 215],
      ['overflowEnded', 220],
    ],
    [[200, 220, 'overflow']],
  ],
  [
    'no negative gap when the clock was set back',
    null,
    redis,
    [
      ['connected', 100],
      ['disconnected', 200],
      ['connected', 150],
    ],
    [[200, 200, 'disconnected']],
  ],
];

describe('records', () => {
  test.each(cases)('%s', (_name, snapshot, broker, steps, expected) => {
    expect(gapsAfter(snapshot, broker, steps)).toEqual(expected);
  });
});

test('a crash while a gap is open goes on with the same gap', () => {
  const before = new GapKeeper({}, [redis]);
  before.connected(0, 100_000);
  before.seen(0, 200_000);
  const [open] = before.disconnected(0, 201_000);
  before.seen(0, 250_000);
  const after = new GapKeeper(
    { [redis.maskedUrl]: { seenUntil: before.seenUntil()[redis.maskedUrl]!, clean: false } },
    [redis],
  );

  expect(after.atStart()[0]?.from).toBe(open?.from);
  expect(after.connected(0, 300_000)).toEqual([{ from: 201, to: 300, broker: 'redis://r', why: 'crashed' }]);
});

test('a queue that kept nothing is a gap since the connection was last known to live, or since the run before', () => {
  const keeper = new GapKeeper(snapshotOf(true, 50), [rabbit]);
  const since = (from: number, to: number, why: string) => [{ from, to, broker: rabbit.maskedUrl, why }];

  expect(keeper.connected(0, 60_000, 'emptied')).toEqual(since(50, 60, 'stopped'));
  keeper.seen(0, 100_000);
  keeper.disconnected(0, 90_000);
  expect(keeper.connected(0, 110_000, 'emptied')).toEqual(since(90, 110, 'disconnected'));
  expect(new GapKeeper({}, [rabbit]).connected(0, 60_000, 'emptied')).toEqual([]);
});

test('a queue that kept nothing is a gap since the newest event that came, when many waited there', () => {
  const keeper = new GapKeeper({}, [rabbit]);
  keeper.connected(0, 60_000);
  keeper.heard(0, 70);
  keeper.seen(0, 100_000);
  keeper.disconnected(0, 100_000);
  expect(keeper.connected(0, 110_000, 'emptied')).toEqual([
    { from: 70, to: 110, broker: rabbit.maskedUrl, why: 'disconnected' },
  ]);
});

test('a queue that overflowed while we were away is a gap from where we stopped to what came next', () => {
  const keeper = new GapKeeper(snapshotOf(true, 50), [rabbit]);
  const gap = { from: 50, broker: rabbit.maskedUrl, why: 'overflow' };
  expect(keeper.overflowed(0, 400_000)).toEqual([{ ...gap, to: null }]);
  expect(keeper.connected(0, 400_000)).toEqual([]);
  expect(keeper.seenUntil()[rabbit.maskedUrl]).toBe(50);
  keeper.heard(0, 300);
  expect(keeper.overflowEnded(0, 401_000)).toEqual([{ ...gap, to: 300 }]);
  keeper.seen(0, 402_000);
  expect(keeper.seenUntil()[rabbit.maskedUrl]).toBe(402);
});

test('a queue that overflows while we cannot keep up is a gap from the newest that came before', () => {
  const keeper = new GapKeeper({}, [rabbit]);
  keeper.connected(0, 60_000);
  keeper.heard(0, 70);
  keeper.seen(0, 100_000);
  expect(keeper.overflowed(0, 100_000)).toMatchObject([{ from: 70, to: null, why: 'overflow' }]);
  keeper.disconnected(0, 110_000);
  expect(keeper.connected(0, 111_000)).toEqual([]);
  keeper.heard(0, 95);
  expect(keeper.overflowEnded(0, 120_000)).toMatchObject([{ from: 70, to: 95 }]);
});

test('what the disk lost of the spool is a gap, from what was last known to be whole to what comes next', () => {
  const keeper = new GapKeeper({}, [redis, rabbit]);
  keeper.connected(0, 100_000);
  keeper.connected(1, 100_000);
  keeper.seen(0, 110_000);
  keeper.torn();
  // The next file says only what was known at its beginning.
  keeper.resumed(0, { connected: true, overflowing: false, seenUntil: 110, open: null });
  expect(keeper.mended(0, 110_400)).toEqual([{ from: 110, to: 110.4, broker: 'redis://r', why: 'crashed' }]);
  expect(keeper.mended(0, 110_500)).toEqual([]);
  expect(keeper.mended(1, 110_500)).toEqual([]);
  // What an earlier run stored already is not missing; and what lasts begins where it was whole.
  keeper.seen(0, 120_000);
  keeper.torn();
  expect(keeper.mended(0, 115_000)).toEqual([]);
  keeper.torn();
  expect(keeper.restarted(false)).toMatchObject([{ from: 120, to: null, why: 'crashed' }]);
  expect(keeper.connected(0, 130_000)).toMatchObject([{ from: 120, to: 130 }]);
  expect(keeper.mended(0, 131_000)).toEqual([]);
});

test('remembers up to when a broker was seen that is not in use now', () => {
  const keeper = new GapKeeper(snapshotOf(true, 50), [rabbit]);
  keeper.connected(0, 60_000);

  expect(keeper.seenUntil()).toEqual({ 'redis://r': 50, 'amqp://q': 60 });
});

test('brokers do not disturb each other', () => {
  const other = { ...redis, maskedUrl: 'redis://other' };
  const keeper = new GapKeeper({}, [redis, other]);
  keeper.connected(0, 100_000);
  keeper.connected(1, 100_000);

  expect(keeper.disconnected(1, 110_000)).toEqual([
    { from: 110, to: null, broker: 'redis://other', why: 'disconnected' },
  ]);
  keeper.seen(0, 150_000);
  expect(keeper.seenUntil()).toEqual({ 'redis://r': 150, 'redis://other': 110 });
});
