import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Quantiles } from './contract/status.ts';

/**
 * How late the event loop of this thread is, by windows of ten seconds: over a longer time a stall would drown in the
 * quiet around it.
 */
export interface EventLoopWatch {
  /** The worst window of the last minute, the one under way included. Milliseconds. */
  delay(): Quantiles;
  stop(): void;
}

const windowMs = 10_000;
const windowsKept = 6;
/** Node measures from one tick of a timer to the next, which is this long when nothing is late. */
const resolutionMs = 10;

export function watchEventLoop(): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  const past: Quantiles[] = [];
  const current = (): Quantiles => ({
    p50: toDelayMs(histogram.percentile(50)),
    p99: toDelayMs(histogram.percentile(99)),
  });
  const timer = setInterval(() => {
    past.push(current());
    if (past.length > windowsKept) past.shift();
    histogram.reset();
  }, windowMs).unref();
  return {
    delay: () => [...past, current()].reduce((worst, window) => (window.p99 > worst.p99 ? window : worst)),
    stop: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
}

const toDelayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
