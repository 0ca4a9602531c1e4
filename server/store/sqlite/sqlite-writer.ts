import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskEvent } from '../../celery/event.ts';
import type { NamedQueueDepth } from '../../contract/queues.ts';
import type { RetentionStatusBody } from '../../contract/status.ts';
import { TaskTallies } from '../../domain/task-tally.ts';
import { mergeTasks, type Task } from '../../domain/task.ts';
import { mergeWorkers, type Worker } from '../../domain/worker.ts';
import type { Batch, Committed } from '../../ingest/batch.ts';
import { inspectionKey, rerunKeys, retentionFact, toRetentionStatus } from '../catalog-reads.ts';
import { addCounts, sumCounts } from '../counts.ts';
import { toIdKey } from '../id-key.ts';
import { boundSegments, isPastKeeping, keepAll, prune, type Pruned, type RetentionLimits } from '../retention.ts';
import { namesIn } from '../task-names.ts';
import type { Gap, Snapshot } from '../../ingest/gaps.ts';
import type { SavedInspections, SavedRerun, StoreOptions, StoreWriter } from '../store.ts';
import { CatalogFile } from './catalog-file.ts';
import { inTransactions, withoutSync } from './database.ts';
import { StoreFolder } from './folder.ts';
import { IndexBacklog } from './index-backlog.ts';
import { Leftovers } from './leftovers.ts';
import { LiveTasks } from './live-tasks.ts';
import { groupBySegment, isNews, makeRow, updateRow, type Plan } from './plan.ts';
import type { SegmentFile } from './segment-file.ts';
import { SegmentPruner } from './segment-pruner.ts';
import { openSegmentRewriter, type SegmentRewriter } from './segment-rewriter.ts';
import { Segments } from './segments.ts';

/**
 * Writes batches into the files of a folder. Per batch: find where each task is, commit the catalog, then each segment
 * that is touched. A crash between two commits loses nothing: what was not acknowledged comes again, and every step
 * may be done twice (bounds and names may run ahead of the tasks they are about, never behind).
 */
export class SqliteWriter implements StoreWriter {
  readonly engine = 'sqlite';
  readonly notices = [];
  readonly instanceId: string;
  readonly #unlock: () => void;
  readonly #folder: StoreFolder;
  readonly #catalog: CatalogFile;
  readonly #segments: Segments;
  readonly #backlog: IndexBacklog;
  readonly #live = new LiveTasks();
  readonly #now: () => number;
  readonly #limits: RetentionLimits;
  readonly #leftovers: Leftovers;
  readonly #rewriter: SegmentRewriter;
  readonly #closing = new AbortController();
  #pruning: Promise<Pruned | null> = Promise.resolve(null);
  /** Of files that nobody has asked for any more. */
  #removing: Promise<void> = Promise.resolve();

  constructor(options: StoreOptions) {
    const folder = new StoreFolder(options.db);
    folder.make();
    this.#now = options.now ?? (() => Date.now() / 1000);
    this.#unlock = folder.lock();
    this.#catalog = new CatalogFile(folder.catalog);
    this.#limits = options.retention ?? keepAll;
    const limits = boundSegments({ tasks: options.segmentTasks, seconds: options.segmentSeconds }, this.#limits);
    this.#segments = new Segments(folder, this.#catalog, limits, this.#now());
    this.#leftovers = new Leftovers(this.#catalog, folder.segments);
    this.#rewriter = openSegmentRewriter(options.startRewriter);
    this.#folder = folder;
    this.#backlog = new IndexBacklog(this.#segments);
    this.instanceId = this.#catalog.fact('instance') ?? randomUUID();
    this.#catalog.saveFact('instance', this.instanceId);
  }

  async write(batch: Batch): Promise<Committed> {
    this.#segments.rollWhenDue(this.#now());
    const plans = this.#plan(batch);
    const { workers, counts, tallies } = this.#commit(batch, plans);
    for (const plan of plans.values()) {
      this.#live.set({
        segmentId: plan.segment.id,
        id: plan.id!,
        task: plan.before && !isNews(plan) ? plan.before : plan.after,
      });
    }
    this.#live.trim();
    this.#segments.closeIdle();
    const tasks = [...plans.values()].map((plan) => plan.after);
    return { tasks, workers, newEvents: sumCounts(counts), counts, tallies };
  }

  async loadSnapshot(): Promise<Snapshot> {
    return JSON.parse(this.#catalog.fact('snapshot') ?? '{}') as Snapshot;
  }

  async saveSnapshot(snapshot: Snapshot): Promise<void> {
    this.#catalog.saveFact('snapshot', JSON.stringify(snapshot));
  }

  async saveGap(gap: Gap): Promise<void> {
    this.#catalog.saveGap(gap);
  }

  async saveQueueDepths(depths: readonly NamedQueueDepth[]): Promise<void> {
    inTransactions([this.#catalog.db], () => this.#catalog.saveQueueDepths(depths, this.#limits.metrics));
  }

  async saveInspections(saved: SavedInspections): Promise<void> {
    inTransactions([this.#catalog.db], () => {
      for (const [hostname, json] of saved) {
        if (json === null) this.#catalog.removeFact(inspectionKey + hostname);
        else this.#catalog.saveFact(inspectionKey + hostname, json);
      }
    });
  }

  async prune(graceMs: number): Promise<Pruned | null> {
    const before = this.#pruning;
    const run = before.then(() => this.#prune(graceMs));
    this.#pruning = run.catch(() => null);
    return run;
  }

  async loadRetention(): Promise<RetentionStatusBody> {
    return toRetentionStatus(this.#catalog.fact(retentionFact));
  }

  async saveRetention(status: RetentionStatusBody): Promise<void> {
    this.#catalog.saveFact(retentionFact, JSON.stringify(status));
  }

  async saveRerun({ uuid, retryOf }: SavedRerun): Promise<void> {
    const key = rerunKeys.retriedAs + retryOf;
    inTransactions([this.#catalog.db], () => {
      const known = JSON.parse(this.#catalog.fact(key) ?? '[]') as string[];
      this.#catalog.saveFact(key, JSON.stringify([...known, uuid]));
      this.#catalog.saveFact(rerunKeys.retryOf + uuid, JSON.stringify([retryOf]));
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#rewriter.stop();
    await this.#pruning;
    await this.#removing;
    this.#segments.close();
    this.#catalog.close();
    this.#unlock();
  }

  async #prune(graceMs: number): Promise<Pruned> {
    const { signal } = this.#closing;
    await this.#removing;
    await this.#leftovers.remove();
    this.#segments.rollWhenDue(this.#now());
    const pruner = new SegmentPruner({
      folder: this.#folder,
      catalog: this.#catalog,
      segments: this.#segments,
      live: this.#live,
      leftovers: this.#leftovers,
      rewriter: this.#rewriter,
    });
    const pruned = await prune(pruner, this.#limits, this.#now, signal);
    // What is not removed now, as when we are asked to stop meanwhile, is removed at the next start.
    this.#removing = sleep(graceMs, undefined, { signal })
      .then(() => this.#leftovers.remove())
      .catch(() => undefined);
    if (graceMs === 0) await this.#removing;
    return pruned;
  }

  #commit(batch: Batch, plans: Map<string, Plan>): Pick<Committed, 'workers' | 'counts' | 'tallies'> {
    try {
      const workers = this.#writeCatalog(batch, plans.values());
      return { workers, ...this.#writeSegments(batch, plans) };
    } catch (error) {
      // What was learnt in a transaction that did not come about is not so.
      this.#catalog.forget();
      this.#segments.forget();
      this.#live.forget(plans.keys());
      throw error;
    }
  }

  #plan(batch: Batch): Map<string, Plan> {
    const plans = new Map<string, Plan>();
    const now = this.#now();
    for (const [uuid, told] of batch.tasks) {
      const plan = this.#planTask(uuid, told);
      if (plan.id === undefined && isPastKeeping(told, this.#limits, now)) continue;
      plans.set(uuid, plan);
    }
    for (const event of batch.taskEvents) plans.get(event.uuid)?.events.push(event);
    return plans;
  }

  #planTask(uuid: string, told: Task): Plan {
    const nothing = { events: [], newEvents: 0 };
    const live = this.#live.get(uuid);
    if (live) {
      const segment = this.#segments.open(live.segmentId);
      return { segment, id: live.id, before: live.task, after: mergeTasks(live.task, told), ...nothing };
    }
    const key = toIdKey(uuid);
    for (const segment of this.#segments.mayHold(key)) {
      const stored = segment.find(key);
      if (!stored) continue;
      return { segment, id: stored.id, before: stored.task, after: mergeTasks(stored.task, told), ...nothing };
    }
    this.#segments.noteNew(key);
    return { segment: this.#segments.current, id: undefined, before: undefined, after: told, ...nothing };
  }

  /** Before the segments: a task must never be stored outside its segment's bounds, or under a name nobody lists. */
  #writeCatalog(batch: Batch, plans: Iterable<Plan>): Worker[] {
    return inTransactions([this.#catalog.db], () => {
      for (const [segment, together] of groupBySegment(plans)) {
        const added = together.filter((plan) => plan.id === undefined).length;
        const tasks = together.map((plan) => plan.after);
        this.#segments.widen(segment.id, tasks, added);
      }
      for (const name of namesIn(batch)) this.#catalog.addName(name);
      for (const reject of batch.rejects) this.#catalog.addReject(reject);
      return [...batch.workers.values()].map((told) => this.#writeWorker(told));
    });
  }

  #writeWorker(told: Worker): Worker {
    const before = this.#catalog.worker(told.hostname);
    const worker = before ? mergeWorkers(before, told) : told;
    this.#catalog.saveWorker(worker);
    return worker;
  }

  #writeSegments(batch: Batch, plans: Map<string, Plan>): Pick<Committed, 'counts' | 'tallies'> {
    const counts: Committed['counts'] = new Map();
    const tallies = new TaskTallies();
    const others = batch.otherEvents.map((event) => ({ event, segment: this.#segments.at(event.timestamp) }));
    const touched = new Set<SegmentFile>();
    for (const { segment } of plans.values()) touched.add(segment);
    for (const { segment } of others) touched.add(segment);
    const now = this.#now();
    const waiting = this.#backlog.nextSealed(now);
    if (waiting) touched.add(waiting);
    const indexed = new Map<SegmentFile, boolean>();
    this.#segments.noteWrites(touched);
    const databases = [...touched].map((segment) => segment.db);
    // The catalog last, and without a sync: a crash may then lose what one batch adds to a metric, and never add it twice.
    if (batch.taskEvents.length > 0) databases.push(this.#catalog.db);
    const store = (): void => {
      for (const plan of plans.values()) makeRow(plan);
      const known = writeEvents(plans.values());
      for (const event of batch.taskEvents) {
        const plan = plans.get(event.uuid);
        if (plan === undefined || known.has(event)) continue;
        plan.newEvents++;
        tallies.addEvent(event, plan.after);
      }
      for (const { event, segment } of others) segment.addOtherEvent(event);
      for (const plan of plans.values()) {
        updateRow(plan);
        if (isNews(plan)) tallies.addChange(plan.before, plan.after);
      }
      this.#catalog.count(tallies.list());
      for (const segment of touched) {
        indexed.set(segment, this.#backlog.index(segment, plans.size, now));
        addCounts(counts, segment.finish());
      }
    };
    withoutSync(this.#catalog.db, () => inTransactions(databases, store));
    this.#backlog.settle(indexed, now);
    return { counts, tallies: tallies.list() };
  }
}

/** Those that were stored before. */
function writeEvents(plans: Iterable<Plan>): Set<TaskEvent> {
  const known = new Set<TaskEvent>();
  for (const [segment, together] of groupBySegment(plans)) {
    const inOrder = together.sort((a, b) => a.id! - b.id!);
    for (const event of segment.addTaskEvents(inOrder)) known.add(event);
  }
  return known;
}
