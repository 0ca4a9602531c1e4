import { sqliteKit } from './kits.ts';
import { catalogTables } from './tables.ts';

export const { segments, workers, taskNames, gaps, rejects, facts, taskCounters, queueDepths } =
  catalogTables(sqliteKit);
