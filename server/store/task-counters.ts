import type { Kysely } from 'kysely';
import type { TaskTally } from '../domain/task-tally.ts';
import type { CatalogTables } from './tables.ts';

/** How many events of tasks were stored, by sender, type and name of the task. */
export interface TaskCounter {
  hostname: string;
  type: string;
  task: string;
  events: number;
}

/** A client is a process, seldom heard for long: nobody goes on from what an earlier one has sent. */
const ofClients = 'task-sent';

export function toCounterRows(tallies: readonly TaskTally[]): TaskCounter[] {
  return tallies.flatMap(({ worker: hostname, task, events }) =>
    [...events].flatMap(([type, n]) => (type === ofClients ? [] : [{ hostname, type, task, events: n }])),
  );
}

/** Of workers whose names are made anew with each of their starts, some are never heard again. */
export const keptCounters = `DELETE FROM task_counters WHERE hostname NOT IN
  (SELECT hostname FROM workers ORDER BY last_seen DESC LIMIT 5000)`;

const mostRows = 50_000;

/** Those of the workers heard last first. */
export function readTaskCounters(catalog: Kysely<CatalogTables>): Promise<TaskCounter[]> {
  return catalog
    .selectFrom('task_counters')
    .innerJoin('workers', 'workers.hostname', 'task_counters.hostname')
    .select(['task_counters.hostname', 'task_counters.type', 'task_counters.task', 'task_counters.events'])
    .orderBy('workers.last_seen', 'desc')
    .limit(mostRows)
    .execute();
}
