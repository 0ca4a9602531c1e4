import { expect, test, vi } from 'vitest';
import { followSharedWorkers } from '../../server/live/shared-workers.ts';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import { sampleWorker } from '../helpers/samples.ts';

test('tells of workers that others hear, and ends without waiting for a store that does not answer', async () => {
  const workers = new WorkerRegistry(10);
  const onHeard = vi.fn();
  let answer: (heard: ReturnType<typeof sampleWorker>[]) => void = () => undefined;
  const readHeard = vi
    .fn<(since: number) => Promise<ReturnType<typeof sampleWorker>[]>>()
    .mockRejectedValueOnce(new Error('no store'))
    .mockResolvedValueOnce([sampleWorker()])
    .mockReturnValue(new Promise((resolve) => (answer = resolve)));
  vi.useFakeTimers();
  try {
    const stop = followSharedWorkers({ readHeard, workers, onHeard, now: () => 1001 });
    await vi.advanceTimersByTimeAsync(2500);
    expect(readHeard.mock.calls).toEqual([[941], [941], [941]]);
    expect(onHeard.mock.calls).toEqual([[[sampleWorker()]]]);
    expect(workers.status(1001)).toEqual({ 'celery@host': true });
    stop();
    answer([sampleWorker({ hostname: 'celery@late' })]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(onHeard).toHaveBeenCalledTimes(1);
    expect(readHeard).toHaveBeenCalledTimes(3);
  } finally {
    vi.useRealTimers();
  }
});
