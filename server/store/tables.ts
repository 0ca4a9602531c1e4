import type { Kyselify } from 'drizzle-orm/kysely';
import type { catalogTables, segmentTables } from './schema/tables.ts';

type InSegment = ReturnType<typeof segmentTables>;
type InCatalog = ReturnType<typeof catalogTables>;

/** What Kysely sees of a segment, on either engine. */
export interface SegmentTables {
  tasks: Kyselify<InSegment['tasks']>;
  senders: Kyselify<InSegment['senders']>;
  task_events: Kyselify<InSegment['taskEvents']>;
  other_events: Kyselify<InSegment['otherEvents']>;
  counters: Kyselify<InSegment['counters']>;
  coverage: Kyselify<InSegment['coverage']>;
  column_blocks: Kyselify<InSegment['columnBlocks']>;
  column_zones: Kyselify<InSegment['columnZones']>;
  dictionary: Kyselify<InSegment['dictionary']>;
}

/** What Kysely sees of the catalog, on either engine. */
export interface CatalogTables {
  segments: Kyselify<InCatalog['segments']>;
  workers: Kyselify<InCatalog['workers']>;
  task_names: Kyselify<InCatalog['taskNames']>;
  gaps: Kyselify<InCatalog['gaps']>;
  rejects: Kyselify<InCatalog['rejects']>;
  facts: Kyselify<InCatalog['facts']>;
  task_counters: Kyselify<InCatalog['taskCounters']>;
  queue_depths: Kyselify<InCatalog['queueDepths']>;
}
