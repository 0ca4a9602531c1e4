import { taskColumns } from '../task-row.ts';
import { withCharacters } from './column-statements.ts';

/**
 * The SQL of a batch: sets of rows as one array a column (`unnest`), which was as fast as COPY in our measurements
 * (54-56k tasks/s with four indexes) and, unlike it, can resolve conflicts.
 */

const arrays: Record<string, string> = {
  uuid: 'bytea',
  root_id: 'bytea',
  parent_id: 'bytea',
  retries: 'int8',
  clock: 'int8',
};
const texts = new Set([
  'name',
  'state',
  'custom_state',
  'worker',
  'client',
  'queue',
  'exchange',
  'routing_key',
  'eta',
  'expires',
  'inferred',
  'args',
  'kwargs',
  'result',
  'exception',
  'traceback',
]);
const typeOf = (column: string): string => arrays[column] ?? (texts.has(column) ? 'text' : 'float8');

const columns = taskColumns.join(', ');
const unnestTasks = (first: number): string =>
  taskColumns.map((column, i) => `$${first + i}::${typeOf(column)}[]`).join(', ');

export const statements = {
  findTasks: `SELECT segment_id, id, ${columns} FROM tasks WHERE uuid = ANY($1::bytea[])`,

  /** $1: segment; $2: an array of `indexed`; then one array a column. */
  insertTasks: `INSERT INTO tasks (segment_id, indexed, ${columns})
    SELECT $1, * FROM unnest($2::int8[], ${unnestTasks(3)}) RETURNING id, uuid`,

  /** $1, $2, $3: arrays of segments, ids and `indexed`; then one array a column. */
  updateTasks: `UPDATE tasks SET indexed = greatest(tasks.indexed, new.indexed),
      ${taskColumns.map((column) => `${column} = new.${column}`).join(', ')}
    FROM unnest($1::int8[], $2::int8[], $3::int8[], ${unnestTasks(4)}) AS new (segment_id, id, indexed, ${columns})
    WHERE tasks.segment_id = new.segment_id AND tasks.id = new.id`,

  /** Also one that another process is about to commit; ids count up in all of them together. */
  newestTask: 'SELECT last_value AS id FROM tasks_id_seq',

  /** Those up to the id $1, at most $2. */
  indexWaiting: `UPDATE tasks SET indexed = 1
    FROM (SELECT segment_id, id FROM tasks WHERE indexed = 0 AND id <= $1 ORDER BY id LIMIT $2) AS waiting
    WHERE tasks.segment_id = waiting.segment_id AND tasks.id = waiting.id`,

  addSenders: `INSERT INTO senders (segment_id, hostname, pid)
    SELECT * FROM unnest($1::int8[], $2::text[], $3::int8[]) ON CONFLICT DO NOTHING`,

  findSenders: `SELECT segment_id, id, hostname, pid FROM senders
    WHERE (segment_id, hostname, pid) IN (SELECT * FROM unnest($1::int8[], $2::text[], $3::int8[]))`,

  addTaskEvents: `INSERT INTO task_events (segment_id, task_id, at, subject, sender_id, clock, data)
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::float8[], $4::text[], $5::int8[], $6::int8[], $7::text[])
    ON CONFLICT DO NOTHING RETURNING segment_id, task_id, subject, sender_id, at`,

  taskEvents: `SELECT segment_id, task_id, at, subject, sender_id, data FROM task_events
    WHERE (segment_id, task_id) IN (SELECT * FROM unnest($1::int8[], $2::int8[]))`,

  setEventData: `UPDATE task_events SET data = $1
    WHERE segment_id = $2 AND task_id = $3 AND at = $4 AND subject = $5 AND sender_id = $6`,

  addOtherEvents: `INSERT INTO other_events (segment_id, sender_id, at, type, clock, data)
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::float8[], $4::text[], $5::int8[], $6::text[])
    ON CONFLICT DO NOTHING RETURNING segment_id, sender_id, type`,

  count: `INSERT INTO counters (segment_id, hostname, type, events)
    SELECT * FROM unnest($1::int8[], $2::text[], $3::text[], $4::int8[])
    ON CONFLICT (segment_id, hostname, type) DO UPDATE SET events = counters.events + excluded.events`,

  countTasks: `INSERT INTO task_counters (hostname, task, type, events)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[])
    ON CONFLICT (hostname, task, type) DO UPDATE SET events = task_counters.events + excluded.events`,

  /** `greatest` passes over null. */
  cover: `INSERT INTO coverage (segment_id, sender_id, minute, started, processed)
    SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[])
    ON CONFLICT (sender_id, minute, segment_id) DO UPDATE SET started = coverage.started + excluded.started,
      processed = greatest(coverage.processed, excluded.processed)`,

  addNames: 'INSERT INTO task_names (name) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING',

  findWorkers: 'SELECT worker FROM workers WHERE hostname = ANY($1::text[])',

  saveWorkers: `INSERT INTO workers (hostname, last_seen, worker)
    SELECT * FROM unnest($1::text[], $2::float8[], $3::text[])
    ON CONFLICT (hostname) DO UPDATE SET last_seen = excluded.last_seen, worker = excluded.worker`,

  addReject: `INSERT INTO rejects (at, broker, reason, routing_key, content_type, excerpt)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
  trimRejects: 'DELETE FROM rejects WHERE id <= $1',

  saveGap: `INSERT INTO gaps (broker, from_at, to_at, why) VALUES ($1, $2, $3, $4)
    ON CONFLICT (broker, from_at) DO UPDATE SET to_at = excluded.to_at, why = excluded.why`,

  lastSegments: 'SELECT * FROM segments ORDER BY id DESC LIMIT 2',
  addSegment: `INSERT INTO segments (id, created_at, tasks, schema) VALUES ($1, $2, 0, ${withCharacters})`,
  sealSegment: 'UPDATE segments SET sealed_at = $2 WHERE id = $1',
  widenSegment: `UPDATE segments SET tasks = tasks + $2, newest_timestamp = greatest(newest_timestamp, $3),
    newest_received = greatest(newest_received, $4), oldest = least(oldest, $5) WHERE id = $1`,

  /** $1: the tables of a segment. */
  storedSegments: `SELECT id, created_at, sealed_at, tasks, only_failures, no_events,
      (SELECT coalesce(sum(pg_total_relation_size(to_regclass(name || '_' || id))), 0) FROM unnest($1::text[]) AS name) AS bytes
    FROM segments`,
  segmentVersion: 'SELECT xmin::text AS version FROM segments WHERE id = $1',
  removeSegment: 'DELETE FROM segments WHERE id = $1',
  removeCounters: 'DELETE FROM counters WHERE segment_id = $1',
  reduceSegment: 'UPDATE segments SET only_failures = $2, no_events = $3, generation = generation + 1 WHERE id = $1',
  /** Its columns are made of its rows, little by little, by the next who writes. */
  forgetColumns: 'UPDATE segments SET schema = 0 WHERE id = $1',
  forgetBefore: [
    'DELETE FROM gaps WHERE to_at < $1',
    'DELETE FROM rejects WHERE at < $1',
    'DELETE FROM workers WHERE last_seen < $1',
  ],
  /** $1: patterns of names. */
  leftovers: `SELECT relname AS name FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relispartition AND relname LIKE ANY ($1)`,

  saveFact: 'INSERT INTO facts (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  fact: 'SELECT value FROM facts WHERE key = $1',
  watermarks: `SELECT substr(key, 6) AS broker, value FROM facts WHERE key LIKE 'seen %'`,
  saveWatermark: `INSERT INTO facts (key, value) VALUES ('seen ' || $1, $2)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
    WHERE (facts.value::json ->> 'seenUntil')::float8 < (excluded.value::json ->> 'seenUntil')::float8`,
  /** Two arrays, keys and values; null removes. In the order of keys, so that two who save at once do not lock each other. */
  saveFacts: `WITH given AS (SELECT * FROM unnest($1::text[], $2::text[]) AS given (key, value)),
      gone AS (DELETE FROM facts USING given WHERE facts.key = given.key AND given.value IS NULL)
    INSERT INTO facts (key, value) SELECT key, value FROM given WHERE value IS NOT NULL ORDER BY key
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  /** Two arrays, keys and JSON lists, each added to the end of what is there. */
  extendFacts: `INSERT INTO facts (key, value) SELECT * FROM unnest($1::text[], $2::text[])
    ON CONFLICT (key) DO UPDATE SET value = (facts.value::jsonb || excluded.value::jsonb)::text`,
  saveQueueDepths: `INSERT INTO queue_depths (queue, minute, ready, unacked, consumers)
    SELECT * FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::int8[]) ORDER BY 1
    ON CONFLICT (queue, minute) DO UPDATE SET ready = excluded.ready, unacked = excluded.unacked,
      consumers = excluded.consumers`,
  forgetQueueDepths: 'DELETE FROM queue_depths WHERE minute < $1',
  addFact: 'INSERT INTO facts (key, value) VALUES ($1, $2) ON CONFLICT DO NOTHING',
};

/** The tables whose partition a new segment is. */
export const partitioned = [
  'tasks',
  'senders',
  'task_events',
  'other_events',
  'coverage',
  'column_blocks',
  'column_zones',
  'dictionary',
];

/** The bounds of a segment's record, after the tasks that its partition holds now; $1: its id. */
export const boundSegment = (id: number): string =>
  `UPDATE segments SET tasks = left_over.tasks, newest_timestamp = left_over.newest_timestamp,
     newest_received = left_over.newest_received, oldest = left_over.oldest
   FROM (SELECT count(*) AS tasks, max(timestamp) AS newest_timestamp, max(coalesce(received, sent, timestamp)) AS newest_received,
           min(coalesce(received, sent, timestamp)) AS oldest FROM tasks_${id}) AS left_over
   WHERE id = $1`;
