import { sqliteKit } from './kits.ts';
import { segmentTables } from './tables.ts';

export const { tasks, senders, taskEvents, otherEvents, counters, coverage, columnBlocks, columnZones, dictionary } =
  segmentTables(sqliteKit);
