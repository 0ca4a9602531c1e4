import { database } from '../access-kinds.ts';
import { age, boolean, bytes, duration, integer, keysAndPatterns, path } from '../kinds.ts';
import { option } from '../option.ts';

const most = Number.MAX_SAFE_INTEGER;
const dayMs = 86_400_000;

/** What is kept, where, and for how long. */
export const storage = {
  db: option(database, {
    group: 'Storage',
    default: 'herbarium',
    secret: 'of a url',
    help: 'Where history is kept: a folder, or a postgres:// URL',
  }),
  persistent: option(boolean, {
    group: 'Storage',
    default: true,
    help: 'Keep history over restarts',
  }),
  state_save_interval: option(duration('ms', 0, dayMs), {
    group: 'Storage',
    default: 10_000,
    help: 'Milliseconds between snapshots of live state; what a start needs is saved every second at least, also with 0',
  }),
  flush_interval: option(duration('ms', 10, 60_000), {
    group: 'Storage',
    isNew: true,
    default: 500,
    help: 'Milliseconds between commits of events',
  }),
  max_backlog_bytes: option(bytes(16 * 2 ** 20), {
    group: 'Storage',
    isNew: true,
    default: 32 * 2 ** 20,
    shownDefault: '32MiB',
    help: 'How many bytes of events that are not stored yet may wait in memory; from half of it on new ones go to the spool; RabbitMQ keeps its own, see events_prefetch',
  }),
  spool: option(path, {
    group: 'Storage',
    isNew: true,
    default: null,
    shownDefault: 'spool in the folder of db; herbarium-spool with Postgres',
    help: 'Folder for events for which there is no memory, until they are stored; each Herbarium needs its own',
  }),
  spool_max_bytes: option(bytes(0), {
    group: 'Storage',
    isNew: true,
    default: 2 ** 30,
    shownDefault: '1GiB',
    help: 'How many bytes the spool may hold; events beyond it are lost, which is noted as a gap; 0: there is no spool',
  }),
  redact: option(keysAndPatterns, {
    group: 'Storage',
    isNew: true,
    default: [],
    shownDefault: 'nothing',
    help: 'Names of keys (password, secret_*) whose values are taken out of arguments, results and errors before they are stored, and /patterns/ of what is, in RE2 syntax',
  }),
  max_field_length: option(integer(256, 2 ** 29), {
    group: 'Storage',
    isNew: true,
    default: 65_536,
    help: 'How many characters of one field of an event are stored; what is cut off is counted at its end',
  }),
  segment_tasks: option(integer(1000, most), {
    group: 'Storage',
    isNew: true,
    default: 1_000_000,
    help: 'How many tasks go into one segment of history: a file on SQLite, a partition on Postgres',
  }),
  segment_hours: option(duration('h', 1, 24 * 366), {
    group: 'Storage',
    isNew: true,
    default: 24,
    help: 'How many hours go into one segment of history; a new one begins at whichever bound comes first',
  }),
  retention: option(age, {
    group: 'Storage',
    isNew: true,
    default: null,
    // What nobody asked to be thrown away is not: a history that ends by itself is found out on the day it is needed.
    shownDefault: 'for ever',
    help: 'How long tasks are kept, counted from when their segment was full: 12h, 30d, 8w',
  }),
  retention_failures: option(age, {
    group: 'Storage',
    isNew: true,
    default: null,
    shownDefault: 'as retention',
    help: 'How long tasks that failed are kept, when that is longer than retention',
  }),
  retention_events: option(age, {
    group: 'Storage',
    isNew: true,
    default: null,
    shownDefault: 'as long as their tasks',
    help: 'How long the events of a task are kept, when that is shorter than the task itself',
  }),
  retention_metrics: option(age, {
    group: 'Storage',
    isNew: true,
    default: 7 * 86_400,
    shownDefault: '7d',
    help: 'How long the lengths of queues, one a minute, are kept',
  }),
  max_db_size: option(bytes(2 ** 20), {
    group: 'Storage',
    isNew: true,
    default: null,
    shownDefault: 'no limit',
    help: 'How many bytes history may take: beyond it the oldest segments go, whatever their age: 500MiB, 20GB',
  }),
} as const;
