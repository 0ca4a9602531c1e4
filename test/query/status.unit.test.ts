import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openStatusQuery } from '../../server/query/status.ts';
import type { StoreReader, StoreTotals } from '../../server/store/store.ts';
import { statusBody } from '../helpers/bodies.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { brokers, ingest, store: whole, version } = statusBody();
const { engine, error: _, ...totals } = whole;

/** A status whose store answers, or does not, as the test says. */
function openStatus(answer: () => Promise<StoreTotals>) {
  const store = {
    engine,
    totals: vi.fn(answer),
    retention: () => Promise.resolve(whole.retention),
    gaps: () => Promise.resolve([]),
  };
  const status = openStatusQuery({
    version,
    readOnly: false,
    limits: { tasks: null, failures: null, events: null, bytes: null, metrics: 604_800 },
    store: store as unknown as StoreReader,
    ingest: () => ({ brokers, ingest }),
    uptime: () => 60,
    eventLoopDelay: () => ({ p50: 0, p99: 1 }),
  });
  return { status, store };
}

it('tells what was last known of a store that cannot be read, and why', async () => {
  const { status, store } = openStatus(() => Promise.resolve(totals));
  expect((await status()).store).toEqual({ engine, ...totals, error: null });
  store.totals.mockRejectedValueOnce(new Error('It is gone.'));
  expect((await status()).store).toEqual({ engine, ...totals, error: 'It is gone.' });
  expect((await status()).store.error).toBeNull();
});

it('does not wait for a store that is silent, asks it once, and hears it when it answers after all', async () => {
  let wake: (totals: StoreTotals) => void = () => undefined;
  const { status, store } = openStatus(() => new Promise((resolve) => (wake = resolve)));
  const first = status();
  await vi.advanceTimersByTimeAsync(2000);
  expect(await first).toMatchObject({ brokers, ingest, store: { error: expect.stringContaining('2 s') as string } });
  expect((await status()).store.error).toContain('2 s');
  expect(store.totals).toHaveBeenCalledTimes(1);
  wake(totals);
  await vi.advanceTimersByTimeAsync(0);
  store.totals.mockResolvedValueOnce(totals);
  expect((await status()).store).toEqual({ engine, ...totals, error: null });
});
