import { describe, expect, it } from 'vitest';
import { toNotices } from '../../web/src/models/notice.ts';
import { statusBody } from '../helpers/bodies.ts';

const now = 1000;
const titles = (...args: Parameters<typeof toNotices>) => toNotices(...args).map(({ title }) => title);

describe('notices', () => {
  it('are none while all is well', () => {
    expect(toNotices({ kind: 'live' }, statusBody(), now, 'utc')).toEqual([]);
    expect(toNotices({ kind: 'connecting' }, null, now, 'utc')).toEqual([]);
  });

  it('say that the server does not answer, since when, and when the next try is', () => {
    const [notice, ...others] = toNotices(
      { kind: 'unreachable', since: 958, retryAt: 1004.2 },
      statusBody({ brokers: [{ url: 'redis://x', connected: false, since: 990, error: 'refused' }] }),
      now,
      'utc',
    );
    expect(notice).toMatchObject({ tone: 'failure', action: 'retry' });
    expect(notice?.text).toContain('42 s ago');
    expect(notice?.text).toContain('Next try in 5 s.');
    // What the server said last is not known to be true still.
    expect(others).toEqual([]);
  });

  it('say that the server asks for a password now, and nothing that was known before', () => {
    const brokers = [{ url: 'redis://x', connected: false, since: 958, error: 'refused' }];
    const notices = toNotices({ kind: 'refused' }, statusBody({ brokers }), now, 'utc');
    expect(notices).toMatchObject([{ id: 'access', action: 'reload' }]);
  });

  it('say why a broker is not connected', () => {
    const brokers = [{ url: 'redis://x', connected: false, since: 958, error: 'redis://x: connect ECONNREFUSED' }];
    const [notice] = toNotices({ kind: 'live' }, statusBody({ brokers }), now, 'utc');
    expect(notice?.title).toBe('Not connected to redis://x');
    expect(notice?.text).toContain('For 42 s: connect ECONNREFUSED.');
  });

  it('do not cry before the first attempt has ended', () => {
    const brokers = [{ url: 'redis://x', connected: false, since: null, error: null }];
    expect(titles({ kind: 'live' }, statusBody({ brokers }), now, 'utc')).toEqual([]);
  });

  it('tell of a gap for a quarter of an hour after its end', () => {
    const gap = { from: 100, to: 142, broker: 'redis://x', why: 'stopped' as const };
    expect(titles({ kind: 'live' }, statusBody({ gaps: [gap] }), 1000, 'utc')).toEqual([
      'Not seen: 00:01:40 – 00:02:22 (42.0 s)',
    ]);
    expect(titles({ kind: 'live' }, statusBody({ gaps: [gap] }), 1100, 'utc')).toEqual([]);
    expect(titles({ kind: 'live' }, statusBody({ gaps: [{ ...gap, to: null }] }), 1000, 'utc')).toEqual([]);
  });

  it('tell when the store is behind', () => {
    const ingest = { ...statusBody().ingest, backlog: 1200, lag_ms: 7000 };
    const [notice] = toNotices({ kind: 'live' }, statusBody({ ingest }), now, 'utc');
    expect(notice).toMatchObject({ title: '7.00 s behind', tone: 'retry' });
    expect(notice?.text).toContain('1,200 messages');
  });
});
