import { sql } from 'drizzle-orm';
import { hasRoot, isOpen } from '../indexed-conditions.ts';
import type { ColumnKit } from './kits.ts';

/**
 * The schema, once for both engines. A segment holds tasks and their events; the catalog holds everything that is
 * not cut by time. On SQLite each segment, and the catalog, is a file; on Postgres a segment is a partition.
 */
export function segmentTables(kit: ColumnKit) {
  const { table, index, keyInSegment, uniqueInSegment, text, integer, real, bytes } = kit;

  /** One row per task, in the segment that saw it first. Short columns first: long ones spill to overflow pages. */
  const tasks = table(
    'tasks',
    {
      id: kit.rowIdInSegment('id'),
      ...kit.partition(),
      /** See `id-key.ts`. */
      uuid: bytes('uuid').notNull(),
      name: text('name'),
      state: text('state').notNull(),
      timestamp: real('timestamp').notNull(),
      sent: real('sent'),
      received: real('received'),
      started: real('started'),
      succeeded: real('succeeded'),
      failed: real('failed'),
      retried: real('retried'),
      revoked: real('revoked'),
      rejected: real('rejected'),
      custom_state: text('custom_state'),
      custom_at: real('custom_at'),
      runtime: real('runtime'),
      retries: integer('retries'),
      clock: integer('clock').notNull(),
      worker: text('worker'),
      client: text('client'),
      queue: text('queue'),
      exchange: text('exchange'),
      routing_key: text('routing_key'),
      /** 1 when the text index has all of the task's text; 0 also when it changed since. */
      indexed: integer('indexed').notNull().default(0),
      eta: text('eta'),
      expires: text('expires'),
      /** Empty when it is the task itself. */
      root_id: bytes('root_id'),
      parent_id: bytes('parent_id'),
      /** JSON of what no event said, but a worker or the result backend did when asked. */
      inferred: text('inferred'),
      args: text('args'),
      kwargs: text('kwargs'),
      result: text('result'),
      exception: text('exception'),
      traceback: text('traceback'),
    },
    // No others: what is filtered and sorted by is in columns, where it costs 57 bytes a task instead of 154, and serves
    // every combination.
    (t) => [
      ...kit.rowIdKey(t),
      uniqueInSegment('tasks_uuid', t, t.uuid),
      index('tasks_parent').on(t.parent_id).where(kit.notNull(t.parent_id)),
      index('tasks_root').on(t.root_id).where(sql.raw(hasRoot)),
      // With the state, so that to pass over those that no worker has received takes no look at their rows.
      index('tasks_open').on(kit.nullsFirst(t.received), t.id, t.state).where(sql.raw(isOpen)),
      index('tasks_unindexed').on(t.id).where(kit.isZero(t.indexed)),
    ],
  );

  /** Who sends events: a worker's or a client's process. */
  const senders = table(
    'senders',
    {
      id: kit.rowIdInSegment('id'),
      ...kit.partition(),
      hostname: text('hostname').notNull(),
      pid: integer('pid').notNull(),
    },
    (t) => [...kit.rowIdKey(t), uniqueInSegment('senders_hostname_pid', t, t.hostname, t.pid)],
  );

  /** A task's events. The key is what makes two deliveries of one event the same. Without rowid on SQLite. */
  const taskEvents = table(
    'task_events',
    {
      ...kit.partition(),
      task_id: integer('task_id').notNull(),
      at: real('at').notNull(),
      /** The type without `task-`. */
      subject: text('subject').notNull(),
      sender_id: integer('sender_id').notNull(),
      clock: integer('clock'),
      /** JSON of the fields that the task's row does not hold; see `event-row.ts`. */
      data: text('data'),
    },
    (t) => [keyInSegment(t, t.task_id, t.at, t.subject, t.sender_id)],
  );

  /** Events of workers, and custom events that belong to no task. Without rowid on SQLite. */
  const otherEvents = table(
    'other_events',
    {
      ...kit.partition(),
      sender_id: integer('sender_id').notNull(),
      at: real('at').notNull(),
      type: text('type').notNull(),
      clock: integer('clock').notNull(),
      data: text('data'),
    },
    (t) => [keyInSegment(t, t.sender_id, t.at, t.type, t.clock)],
  );

  /** Events stored in this segment, by sender and type: written with them, so they are always right. */
  const counters = table(
    'counters',
    {
      ...kit.partition(),
      hostname: text('hostname').notNull(),
      type: text('type').notNull(),
      events: integer('events').notNull(),
    },
    (t) => [keyInSegment(t, t.hostname, t.type)],
  );

  /**
   * By process of a worker and minute (epoch seconds / 60): how many tasks we saw it start, and the highest number it
   * said to have processed. Their difference is what we missed.
   */
  const coverage = table(
    'coverage',
    {
      ...kit.partition(),
      sender_id: integer('sender_id').notNull(),
      minute: integer('minute').notNull(),
      started: integer('started').notNull(),
      processed: integer('processed'),
    },
    (t) => [keyInSegment(t, t.sender_id, t.minute)],
  );

  /** With a rowid on SQLite, which then keeps each block's bytes in one piece. See `columns.ts`: of a block all columns are there, or none, as in a store that an older program wrote. */
  const columnBlocks = table(
    'column_blocks',
    {
      ...kit.partition(),
      field: text('field').notNull(),
      block: integer('block').notNull(),
      data: bytes('data').notNull(),
    },
    (t) => [keyInSegment(t, t.field, t.block)],
  );

  /** Bounds of blocks of numbers, apart from the bytes, so that blocks can be passed over unread. null: no number. */
  const columnZones = table(
    'column_zones',
    {
      ...kit.partition(),
      field: text('field').notNull(),
      block: integer('block').notNull(),
      low: real('low'),
      high: real('high'),
    },
    (t) => [keyInSegment(t, t.field, t.block)],
  );

  /** What the codes of a column stand for; from 1 on, without a gap. On Postgres also which characters texts have. */
  const dictionary = table(
    'dictionary',
    {
      ...kit.partition(),
      field: text('field').notNull(),
      code: integer('code').notNull(),
      text: text('text').notNull(),
    },
    (t) => [keyInSegment(t, t.field, t.code), uniqueInSegment('dictionary_text', t, t.field, t.text)],
  );

  return {
    tasks,
    senders,
    taskEvents,
    otherEvents,
    counters,
    coverage,
    columnBlocks,
    columnZones,
    dictionary,
  };
}

export function catalogTables(kit: ColumnKit) {
  const { table, index, uniqueIndex, text, integer, real } = kit;

  const segments = table('segments', {
    id: integer('id').primaryKey(),
    created_at: real('created_at').notNull(),
    /** null: the one that new tasks go to. */
    sealed_at: real('sealed_at'),
    /** At least the newest of its tasks, as of the last commit to it. */
    newest_timestamp: real('newest_timestamp'),
    newest_received: real('newest_received'),
    oldest: real('oldest'),
    tasks: integer('tasks').notNull(),
    /** The number of schema migrations its file has had; Postgres: see `column-statements.ts`. */
    schema: integer('schema').notNull(),
    /** How often its file was written anew, with less in it; a part of the file's name. */
    generation: integer('generation').notNull().default(0),
    /** 1: of its tasks only those that failed are left. */
    only_failures: integer('only_failures').notNull().default(0),
    /** 1: its events are gone, its tasks are not. */
    no_events: integer('no_events').notNull().default(0),
  });

  const workers = table('workers', {
    hostname: text('hostname').primaryKey(),
    last_seen: real('last_seen').notNull(),
    /** JSON of the domain's `Worker`. */
    worker: text('worker').notNull(),
  });

  const taskNames = table('task_names', { name: text('name').primaryKey() });

  const gaps = table(
    'gaps',
    {
      id: kit.rowId('id'),
      broker: text('broker').notNull(),
      from_at: real('from_at').notNull(),
      to_at: real('to_at'),
      why: text('why').notNull(),
    },
    (t) => [uniqueIndex('gaps_broker_from').on(t.broker, t.from_at), index('gaps_from').on(t.from_at)],
  );

  const rejects = table('rejects', {
    id: kit.rowId('id'),
    at: real('at').notNull(),
    broker: text('broker').notNull(),
    reason: text('reason').notNull(),
    routing_key: text('routing_key').notNull(),
    content_type: text('content_type'),
    excerpt: text('excerpt').notNull(),
  });

  /** Single values: the instance's id, the last snapshot. JSON text. */
  const facts = table('facts', { key: text('key').primaryKey(), value: text('value').notNull() });

  /**
   * Events of tasks that workers sent, by sender, type and name of the task: what a metric of them goes on from after a
   * restart. Here and not in the segments, so that it never becomes less when old history goes.
   */
  const taskCounters = table(
    'task_counters',
    {
      hostname: text('hostname').notNull(),
      type: text('type').notNull(),
      task: text('task').notNull(),
      events: integer('events').notNull(),
    },
    (t) => [uniqueIndex('task_counters_key').on(t.hostname, t.task, t.type)],
  );

  /** What waited in each queue, by minute (epoch seconds / 60), as of the last look in it. null: not known. */
  const queueDepths = table(
    'queue_depths',
    {
      queue: text('queue').notNull(),
      minute: integer('minute').notNull(),
      ready: integer('ready').notNull(),
      unacked: integer('unacked'),
      consumers: integer('consumers'),
    },
    (t) => [uniqueIndex('queue_depths_key').on(t.queue, t.minute), index('queue_depths_minute').on(t.minute)],
  );

  return { segments, workers, taskNames, gaps, rejects, facts, taskCounters, queueDepths };
}
