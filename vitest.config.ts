import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

/**
 * What tests of real processes have in common. A machine that is busy makes them slow, and not wrong: they wait long for
 * what they look at. Brokers, workers and a browser have flaws of their own, so a test of them that fails has a second
 * try, which the output shows as `retry x1`.
 */
const withProcesses = {
  hookTimeout: 120_000,
  retry: 1,
  expect: { poll: { timeout: 30_000, interval: 50 } },
};

/**
 * unit: no I/O. components: parts of the pages, in a DOM that Node emulates; it lays nothing out, and what needs that is
 * for web. store: both engines. brokers: real Redis and RabbitMQ. faults: the built program while something else fails.
 * Mostly both wait, so more of them run at a time than there are cores, each with a vhost or a Redis of its own. web: the
 * built program, real workers, a browser. All but the first two need `scripts/services`, which `npm test` starts; they
 * fail, and never skip, without it.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.unit.test.ts'],
        },
      },
      {
        plugins: [svelte({ configFile: false }), svelteTesting()],
        test: {
          name: 'components',
          include: ['test/**/*.component.test.ts'],
          environment: 'happy-dom',
          testTimeout: 60_000,
        },
      },
      { test: { name: 'store', include: ['test/**/*.store.test.ts'], testTimeout: 30_000, hookTimeout: 60_000 } },
      {
        test: {
          ...withProcesses,
          name: 'brokers',
          include: ['test/**/*.brokers.test.ts'],
          exclude: ['test/app/faults-*'],
          testTimeout: 120_000,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...withProcesses,
          name: 'faults',
          include: ['test/app/faults-*.brokers.test.ts'],
          testTimeout: 180_000,
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...withProcesses,
          name: 'web',
          include: ['test/**/*.web.test.ts'],
          testTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
