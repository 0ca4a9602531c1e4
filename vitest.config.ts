import { defineConfig } from 'vitest/config';

/**
 * unit: no I/O. store: both engines. brokers: real Redis and RabbitMQ. faults: the built program while something else
 * fails; mostly they wait, each for what is its own. web: the built program, real workers, a browser.
 * All but unit need `scripts/services`, which `npm test` starts; they fail, and never skip, without it.
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
      { test: { name: 'store', include: ['test/**/*.store.test.ts'], testTimeout: 30_000, hookTimeout: 60_000 } },
      {
        test: {
          name: 'brokers',
          include: ['test/**/*.brokers.test.ts'],
          exclude: ['test/app/faults-*'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/app/faults-*.brokers.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'web',
          include: ['test/**/*.web.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
