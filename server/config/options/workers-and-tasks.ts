import { boolean, buckets, duration, integer } from '../kinds.ts';
import { option } from '../option.ts';

const most = Number.MAX_SAFE_INTEGER;

/** How workers are asked, and what is counted of tasks. */
export const workersAndTasks = {
  max_workers: option(integer(1, most), {
    group: 'Workers and tasks',
    default: 5000,
    help: 'How many workers are kept in memory',
  }),
  max_tasks: option(integer(1, most), {
    group: 'Workers and tasks',
    default: 100_000,
    help: 'How many tasks an answer of the API holds at most; history itself is not bounded by it',
  }),
  inspect_timeout: option(duration('ms', 1, 600_000), {
    group: 'Workers and tasks',
    default: 1000,
    help: 'Milliseconds to wait for the answers of workers',
  }),
  inspect_interval: option(duration('s', 0, 86_400), {
    group: 'Workers and tasks',
    isNew: true,
    default: 60,
    help: 'Seconds between two inspections of all workers; 0: only when asked, at the start and of workers that come online',
  }),
  reconcile: option(boolean, {
    group: 'Workers and tasks',
    isNew: true,
    default: true,
    help: 'Ask workers and the result backend what became of tasks whose end was not seen',
  }),
  lost_after: option(duration('s', 1, 86_400), {
    group: 'Workers and tasks',
    isNew: true,
    default: 30,
    help: 'Seconds of silence after which the tasks of a worker that does not answer are shown as lost',
  }),
  purge_offline_workers: option(duration('s', 0, most), {
    group: 'Workers and tasks',
    default: null,
    shownDefault: 'never',
    help: 'Seconds after which a worker that is offline is no longer shown, also not in the metrics',
  }),
  task_runtime_metric_buckets: option(buckets, {
    group: 'Workers and tasks',
    default: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    help: 'Upper bounds, in seconds, of the buckets of the metric of run times',
  }),
} as const;
