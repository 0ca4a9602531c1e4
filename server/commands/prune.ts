/** `herbarium prune`: does now what the server does every hour, or says what that would be. */
import { toRetentionLimits } from '../room-options.ts';
import { boolean } from '../config/kinds.ts';
import { AppError } from '../errors.ts';
import { engineOf, openStoreReader, openStoreWriter } from '../store/open-store.ts';
import {
  limitsNothing,
  planRetention,
  type Pruned,
  type RetentionLimits,
  type RetentionStep,
} from '../store/retention.ts';
import type { StoreReader } from '../store/store.ts';
import { openThread } from '../threads/open-thread.ts';
import { defineCommand, flag, type CommandIo } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { toCountText, toSizeText } from './sizes.ts';

/** What a dry run says of one segment. Sizes and numbers of what goes. */
interface Prospect {
  segment: number;
  /** Epoch seconds. */
  from: number;
  to: number | null;
  action: 'drop' | 'keep failures' | 'drop events' | 'keep failures without events';
  why: 'age' | 'size';
  tasks: number;
  failures_kept: number;
  events: number;
  bytes: number;
}

export const prune = defineCommand({
  name: 'prune',
  summary: 'Remove what the options of the retention no longer keep, or say what that is',
  description:
    'Removes now what --retention, --retention-failures, --retention-events and --max-db-size no longer keep. The server ' +
    'does it by itself, every hour. On SQLite only one process writes to a store: while a server runs, use --dry-run, and ' +
    'leave the rest to it. On Postgres both may do it.',
  options: [
    'db',
    'retention',
    'retention_failures',
    'retention_events',
    'max_db_size',
    'segment_tasks',
    'segment_hours',
  ],
  flags: {
    dry_run: flag(boolean, {
      default: false,
      help: 'Only say what would go, and how much it frees; nothing is changed',
    }),
    json: flag(boolean, { default: false, help: 'Answer in JSON' }),
  },
  run: async ({ config, flags }, io) => {
    const limits = toRetentionLimits(config);
    if (limitsNothing(limits)) {
      throw new AppError(
        'bad_config',
        'Everything is kept for ever: say what is not with --retention 30d or --max-db-size 20GB.',
      );
    }
    if (flags.dry_run) return tell(await foresee(config.db, limits), flags.json, io);
    const pruned = await pruneNow(config, limits, io);
    if (pruned === null)
      throw new AppError('store_unavailable', 'Another process is removing things from this store just now.');
    io.stdout.write(flags.json ? `${JSON.stringify(pruned)}\n` : toSentence(pruned));
    return pruned.error === null ? exitCodes.ok : exitCodes.failed;
  },
});

async function pruneNow(
  { db, segment_tasks, segment_hours }: { db: string; segment_tasks: number; segment_hours: number },
  retention: RetentionLimits,
  { signal }: CommandIo,
): Promise<Pruned | null> {
  await refuseNothing(db);
  const writer = await openStoreWriter({
    db,
    segmentTasks: segment_tasks,
    segmentSeconds: segment_hours * 3600,
    retention,
    startRewriter: (job) => openThread('rewriter', job),
  }).catch((error: unknown) => {
    if (!(error instanceof AppError) || !error.message.startsWith('Another process')) throw error;
    const way = 'A running server removes by itself what it is told not to keep: start it with the same options.';
    throw new AppError('store_unavailable', `${error.message} ${way} See what would go with --dry-run.`);
  });
  try {
    const run = writer.prune(0);
    await Promise.race([run, aborted(signal)]);
    return await run;
  } finally {
    await writer.close();
  }
}

/** A store that is not there is a slip of the pen, and not to be made. */
async function refuseNothing(db: string): Promise<void> {
  if (engineOf(db) === 'postgres') return;
  const { StoreFolder } = await import('../store/sqlite/folder.ts');
  if (!new StoreFolder(db).isThere())
    throw new AppError('bad_config', `There is no store in ${db}: give its folder with --db.`);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}

async function foresee(db: string, limits: RetentionLimits): Promise<Prospect[]> {
  await refuseNothing(db);
  const reader = await openStoreReader(db, () => openThread('reader', {}));
  try {
    const steps = planRetention(await reader.storedSegments(), limits, Date.now() / 1000);
    const prospects: Prospect[] = [];
    for (const step of steps) prospects.push(await toProspect(step, reader));
    return prospects;
  } finally {
    await reader.close();
  }
}

async function toProspect(
  { segment, action, onlyFailures, noEvents, why }: RetentionStep,
  reader: StoreReader,
): Promise<Prospect> {
  const { failures, events, eventBytes } = await reader.measure(segment.id);
  const isDropped = action === 'drop';
  const losesTasks = isDropped || (onlyFailures && !segment.onlyFailures);
  const failuresKept = isDropped ? 0 : failures;
  const share = segment.tasks === 0 ? 1 : 1 - failuresKept / segment.tasks;
  const tasks = losesTasks ? segment.tasks - failuresKept : 0;
  return {
    segment: segment.id,
    from: segment.createdAt,
    to: segment.sealedAt,
    action: isDropped
      ? 'drop'
      : onlyFailures
        ? noEvents
          ? 'keep failures without events'
          : 'keep failures'
        : 'drop events',
    why,
    tasks,
    failures_kept: failuresKept,
    events: isDropped || noEvents ? events : losesTasks ? Math.round(events * share) : 0,
    bytes: isDropped ? segment.bytes : losesTasks ? Math.round(segment.bytes * share) : eventBytes,
  };
}

function tell(prospects: readonly Prospect[], asJson: boolean, { stdout }: CommandIo): number {
  const sum = (what: 'tasks' | 'failures_kept' | 'events' | 'bytes'): number =>
    prospects.reduce((total, prospect) => total + prospect[what], 0);
  const total = {
    tasks: sum('tasks'),
    failures_kept: sum('failures_kept'),
    events: sum('events'),
    bytes: sum('bytes'),
  };
  if (asJson) stdout.write(`${JSON.stringify({ segments: prospects, total })}\n`);
  else if (prospects.length === 0) stdout.write('Nothing would go.\n');
  else stdout.write(`${toTable(prospects)}\n${toTotal(total, prospects.length)}\n`);
  return exitCodes.ok;
}

function toTable(prospects: readonly Prospect[]): string {
  const head = ['segment', 'from', 'to', 'what', 'why', 'tasks', 'failures kept', 'events', 'frees'];
  const rows = prospects.map((one) => [
    String(one.segment),
    toDay(one.from),
    toDay(one.to),
    one.action,
    one.why,
    toCountText(one.tasks),
    toCountText(one.failures_kept),
    toCountText(one.events),
    toSizeText(one.bytes),
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const isNumber = (i: number): boolean => i === 0 || i > 4;
  const toLine = (row: string[]): string =>
    row.map((cell, i) => (isNumber(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ');
  return [head, ...rows].map(toLine).join('\n');
}

const toDay = (seconds: number | null): string =>
  seconds === null ? '' : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');

function toTotal(
  { tasks, failures_kept, events, bytes }: Pick<Prospect, 'tasks' | 'failures_kept' | 'events' | 'bytes'>,
  segments: number,
): string {
  return (
    `\n${toCountText(tasks)} tasks and ${toCountText(events)} events of ${segments} segments would go, ` +
    `${toCountText(failures_kept)} failures would stay; about ${toSizeText(bytes)} would be free.`
  );
}

function toSentence({ segments, reduced, tasks, bytes, error }: Pruned): string {
  const done =
    segments + reduced === 0
      ? 'Nothing had to go.'
      : `${toCountText(tasks)} tasks are gone: ${segments} segments as a whole, of ${reduced} a part; ${toSizeText(bytes)} are free.`;
  return error === null ? `${done}\n` : `${done} Not all could be done: ${error}.\n`;
}
