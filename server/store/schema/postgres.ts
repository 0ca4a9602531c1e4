import { postgresKit } from './kits.ts';
import { catalogTables, segmentTables } from './tables.ts';

export const { tasks, senders, taskEvents, otherEvents, counters, coverage, columnBlocks, columnZones, dictionary } =
  segmentTables(postgresKit);
export const { segments, workers, taskNames, gaps, rejects, facts, taskCounters, queueDepths } =
  catalogTables(postgresKit);
