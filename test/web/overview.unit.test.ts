import { describe, expect, it } from 'vitest';
import type { HistogramBody } from '../../server/contract/search.ts';
import { toDepthLines, toSparkline } from '../../web/src/models/line-chart.ts';
import {
  deepestQueues,
  readOverviewRange,
  toFailureShare,
  toOverviewQuery,
  toStretch,
  toStretchText,
  toWaiting,
  withStates,
} from '../../web/src/models/overview.ts';

const rangeOf = (query: string) => readOverviewRange(new URLSearchParams(query));

describe('the time that the overview is about', () => {
  it('is the last day, unless the address says otherwise, and comes back from it', () => {
    expect(rangeOf('')).toEqual({ kind: 'last', id: '24h', seconds: 86_400 });
    for (const query of ['', 'range=1h', 'from=100&to=200']) {
      const range = rangeOf(query);
      expect(toOverviewQuery(range).toString()).toBe(query);
    }
  });

  it.each(['range=2y', 'from=5&to=5', 'from=x&to=7', 'from=-1&to=7', 'to=7'])('makes nothing of %s', (query) => {
    expect(rangeOf(query)).toMatchObject({ kind: 'last', id: '24h' });
  });

  it('begins with a history that is younger, and is never shorter than a minute', () => {
    const day = rangeOf('');
    expect(toStretch(day, null, 100_000)).toEqual({ from: 13_600, to: 100_000 });
    expect(toStretch(day, 10, 100_000)).toEqual({ from: 13_600, to: 100_000 });
    expect(toStretch(day, 90_000.5, 100_000)).toEqual({ from: 90_000, to: 100_000 });
    expect(toStretch(day, 99_999, 100_000)).toEqual({ from: 99_940, to: 100_000 });
  });

  it('is the same in a search', () => {
    expect(toStretchText(rangeOf('range=6h'))).toBe('received:>6h');
    expect(toStretchText(rangeOf('from=0&to=60'))).toBe('received:1970-01-01T00:00Z..<1970-01-01T00:01Z');
  });
});

it('shows some states of a chart, and the share of failures in all', () => {
  const body = { buckets: [{ at: 1, states: { SUCCESS: 3, FAILURE: 1 } }] } as unknown as HistogramBody;
  expect(withStates(body, (state) => state === 'FAILURE').buckets).toEqual([{ at: 1, states: { FAILURE: 1 } }]);
  expect(toFailureShare({ SUCCESS: 3, FAILURE: 1 })).toBe('25 %');
  expect(toFailureShare({ SUCCESS: 9999, FAILURE: 1 })).toBe('< 0.1 %');
  expect(toFailureShare({ SUCCESS: 2 })).toBe('0.0 %');
  expect(toFailureShare({})).toBeNull();
});

it('adds up what waits, and says how long the oldest has', () => {
  const queue = (ready: number, age: number | null) =>
    ({ ready, oldest: age === null ? null : { uuid: null, age, at_least: false } }) as never;
  expect(toWaiting([queue(3, 5), queue(2, 40), queue(0, null)])).toEqual({ ready: 5, oldestS: 40 });
  expect(toWaiting([])).toEqual({ ready: 0, oldestS: null });
});

describe('what waited in queues', () => {
  const points = (...ready: number[]) => ready.map((each, i) => ({ at: i * 60, ready: each }));
  const body = { from: 0, to: 180, step: 60, queues: [] };

  it('is told of the deepest', () => {
    const queues = [
      { queue: 'calm', points: points(1) },
      { queue: 'deep', points: points(0, 9) },
    ];
    expect(deepestQueues({ ...body, queues }, 1).map(({ queue }) => queue)).toEqual(['deep']);
  });

  it('is a line for each, broken where nobody looked', () => {
    const mail = [
      { at: 0, ready: 1 },
      { at: 120, ready: 3 },
    ];
    const { at, lines } = toDepthLines([{ queue: 'mail', points: mail }], 60, body, []);
    expect(at).toEqual([0, 60, 120]);
    expect(lines).toMatchObject([{ label: 'mail', values: [1, null, 3] }]);
    expect(toDepthLines([], 60, body, []).lines).toEqual([]);
  });

  it('fits into a line of text, broken likewise', () => {
    const line = [...points(0, 4), { at: 300, ready: 2 }];
    expect(toSparkline(line, { from: 0, to: 300, step: 60 }, { width: 100, height: 20 })).toBe(
      'M0.0 20.0L20.0 0.0M100.0 10.0',
    );
    expect(toSparkline([], body, { width: 100, height: 20 })).toBe('');
  });
});
