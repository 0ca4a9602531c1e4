import { setFlagsFromString } from 'node:v8';

/**
 * V8 optimizes what ran for a moment, in four threads, and again when it turns out otherwise: in the first seconds of a
 * burst that is a sixth of all CPU, and 20 MB. What runs eight times as long before, and has half as much inlined, is
 * optimized seldom and once: 2 µs less an event. Goes for all threads; to be called before any is started.
 */
export function calmOptimizer(): void {
  setFlagsFromString('--interrupt-budget=540672');
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=460');
}
