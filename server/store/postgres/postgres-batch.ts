import type pg from 'pg';
import type { CeleryEvent, TaskEvent } from '../../celery/event.ts';
import { toCoverageNotes, toMinute } from '../../domain/coverage.ts';
import { toCount } from '../../domain/fields.ts';
import { TaskTallies } from '../../domain/task-tally.ts';
import { mergeTasks, type Task } from '../../domain/task.ts';
import type { Batch, Committed } from '../../ingest/batch.ts';
import { boundsOf } from '../bounds.ts';
import { sumCounts } from '../counts.ts';
import { changesHeldFields, toFullFields, toOtherData, toSlimData, toSubject } from '../event-row.ts';
import { toIdKey } from '../id-key.ts';
import { namesIn } from '../task-names.ts';
import { toCounterRows } from '../task-counters.ts';
import { storableText, taskColumns, toTask, toTaskValues, type TaskRow, type Value } from '../task-row.ts';
import type { PlacedChange } from './column-writer.ts';
import type { SegmentRecord } from './segments.ts';
import { saveRejects } from './save-rejects.ts';
import { saveWorkers } from './save-workers.ts';
import { SegmentSums } from './segment-sums.ts';
import { pidOf, Senders, toKey, type EventKey, type Placed } from './senders.ts';
import { statements } from './statements.ts';

interface Plan {
  segmentId: number;
  /** Missing: the task is new. */
  id?: number;
  before?: Task;
  after: Task;
  newEvents: number;
}

/** What the batch itself does not know of its tasks. */
export interface BatchRules {
  /** The rows' `indexed`. */
  indexedOf(this: void, task: Task): 0 | 1;
  /** Of a task that is not stored: it was, and is not kept any more. */
  isPastKeeping(this: void, task: Task): boolean;
}

/**
 * One batch on Postgres, in the caller's transaction and under its lock: another process may have stored half of a
 * task, so every row is read before it is joined with what this batch says.
 */
export class PostgresBatch {
  readonly #plans = new Map<string, Plan>();
  readonly #sums = new SegmentSums();
  readonly #tallies = new TaskTallies();

  constructor(
    private readonly client: pg.ClientBase,
    private readonly batch: Batch,
    private readonly segments: readonly [SegmentRecord, ...SegmentRecord[]],
    private readonly rules: BatchRules,
  ) {}

  /** What became of rows, once they are written. */
  changes(): PlacedChange[] {
    const changes: PlacedChange[] = [];
    for (const { segmentId, id, before, after, newEvents } of this.#plans.values()) {
      if (before === undefined || newEvents > 0) changes.push({ segmentId, id: id!, before, after });
    }
    return changes;
  }

  async write(): Promise<Committed> {
    await this.#plan();
    await this.#rewriteEvents();
    await this.#insertTasks();
    await this.#addEvents();
    await this.#updateTasks();
    await this.#sums.save(this.client);
    await this.#saveTallies();
    const workers = await saveWorkers(this.client, [...this.batch.workers.values()]);
    await this.#saveCatalog();
    const tasks = [...this.#plans.values()].map((plan) => plan.after);
    const counts = this.#sums.counts();
    return { tasks, workers, newEvents: sumCounts(counts), counts, tallies: this.#tallies.list() };
  }

  async #plan(): Promise<void> {
    const keys = [...this.batch.tasks.keys()].map(toIdKey);
    const { rows } = await this.client.query<Placed<TaskRow>>(statements.findTasks, [keys]);
    const stored = new Map(rows.map((row) => [toTask(row).uuid, row]));
    for (const [uuid, told] of this.batch.tasks) {
      const row = stored.get(uuid);
      if (row === undefined && this.rules.isPastKeeping(told)) continue;
      const before = row && toTask(row);
      const after = before ? mergeTasks(before, told) : told;
      const segmentId = row?.segment_id ?? this.segments[0].id;
      this.#plans.set(uuid, { segmentId, id: row?.id, before, after, newEvents: 0 });
    }
  }

  /** Where a task's row is about to say something else, its earlier events keep what only the old row said. */
  async #rewriteEvents(): Promise<void> {
    const changing = [...this.#plans.values()].filter(
      ({ before, after }) => before && changesHeldFields(before, after),
    );
    if (changing.length === 0) return;
    const byRow = new Map(changing.map((plan) => [`${plan.segmentId} ${plan.id}`, plan]));
    const { rows } = await this.client.query<
      Placed<{ task_id: number; at: number; subject: string; sender_id: number; data: string | null }>
    >(statements.taskEvents, [changing.map((plan) => plan.segmentId), changing.map((plan) => plan.id)]);
    for (const { segment_id, task_id, at, subject, sender_id, data } of rows) {
      const plan = byRow.get(`${segment_id} ${task_id}`)!;
      const slim = toSlimData(subject, toFullFields(subject, data, plan.before!), plan.after);
      if (slim === data) continue;
      await this.client.query(statements.setEventData, [slim, segment_id, task_id, at, subject, sender_id]);
    }
  }

  async #insertTasks(): Promise<void> {
    const added = [...this.#plans.values()].filter((plan) => plan.id === undefined);
    if (added.length === 0) return;
    const { rows } = await this.client.query<{ id: number; uuid: Buffer }>(statements.insertTasks, [
      this.segments[0].id,
      added.map((plan) => this.rules.indexedOf(plan.after)),
      ...toColumns(added),
    ]);
    const ids = new Map(rows.map(({ id, uuid }) => [uuid.toString('hex'), id]));
    for (const plan of added) plan.id = ids.get(toIdKey(plan.after.uuid).toString('hex'))!;
  }

  async #updateTasks(): Promise<void> {
    const changed = [...this.#plans.values()].filter((plan) => plan.before && plan.newEvents > 0);
    if (changed.length === 0) return;
    await this.client.query(statements.updateTasks, [
      changed.map((plan) => plan.segmentId),
      changed.map((plan) => plan.id),
      changed.map((plan) => this.rules.indexedOf(plan.after)),
      ...toColumns(changed),
    ]);
  }

  /** Without those of tasks that are past keeping. */
  #taskEvents(): TaskEvent[] {
    return this.batch.taskEvents.filter(({ uuid }) => this.#plans.has(uuid));
  }

  async #addEvents(): Promise<void> {
    const { otherEvents } = this.batch;
    const placed = [
      ...this.#taskEvents().map((event) => ({ event, segmentId: this.#plans.get(event.uuid)!.segmentId })),
      ...otherEvents.map((event) => ({ event, segmentId: this.#segmentAt(event.timestamp) })),
    ];
    if (placed.length === 0) return;
    const senders = await this.#findSenders(placed);
    await this.#addTaskEvents(senders);
    await this.#addOtherEvents(senders);
  }

  async #addTaskEvents(senders: Senders): Promise<void> {
    const events = this.#taskEvents().map((event) => ({ event, plan: this.#plans.get(event.uuid)! }));
    if (events.length === 0) return;
    const { rows } = await this.client.query<EventKey>(statements.addTaskEvents, [
      events.map(({ plan }) => plan.segmentId),
      events.map(({ plan }) => plan.id),
      events.map(({ event }) => event.timestamp),
      events.map(({ event }) => storableText(toSubject(event.type))),
      events.map(({ event, plan }) => senders.idOf(plan.segmentId, event)),
      events.map(({ event }) => toCount(event.clock)),
      events.map(({ event, plan }) => toSlimData(toSubject(event.type), event, plan.after)),
    ]);
    const byKey = new Map(
      events.map((each) => [
        toKey({ ...senders.keyOf(each.plan.segmentId, each.event), task_id: each.plan.id! }),
        each,
      ]),
    );
    for (const row of rows) {
      const { segment_id, subject, sender_id, at } = row;
      const { event, plan } = byKey.get(toKey(row))!;
      plan.newEvents++;
      this.#tallies.addEvent(event, plan.after);
      if (subject === 'started') {
        this.#sums.cover(segment_id, sender_id, { minute: toMinute(at), started: 1, processed: null });
      }
      this.#sums.count(segment_id, senders.hostnameOf(segment_id, sender_id), `task-${subject}`);
    }
  }

  async #addOtherEvents(senders: Senders): Promise<void> {
    const events = this.batch.otherEvents.map((event) => ({ event, segmentId: this.#segmentAt(event.timestamp) }));
    if (events.length === 0) return;
    const { rows } = await this.client.query<Placed<{ sender_id: number; type: string }>>(statements.addOtherEvents, [
      events.map(({ segmentId }) => segmentId),
      events.map(({ event, segmentId }) => senders.idOf(segmentId, event)),
      events.map(({ event }) => event.timestamp),
      events.map(({ event }) => storableText(event.type)),
      events.map(({ event }) => toCount(event.clock) ?? 0),
      events.map(({ event }) => toOtherData(event)),
    ]);
    for (const { segment_id, sender_id, type } of rows) {
      this.#sums.count(segment_id, senders.hostnameOf(segment_id, sender_id), type);
    }
    // Of the same number told twice the higher one stays: whether the event is new makes no difference.
    for (const { event, segmentId } of events) {
      const senderId = senders.idOf(segmentId, event);
      for (const note of toCoverageNotes(event)) this.#sums.cover(segmentId, senderId, note);
    }
  }

  /** Where events that belong to no task go: by their own time, so that one that comes twice meets itself. */
  #segmentAt(timestamp: number): number {
    const [current, previous] = this.segments;
    return previous && timestamp < current.created_at ? previous.id : current.id;
  }

  async #findSenders(placed: { event: CeleryEvent; segmentId: number }[]): Promise<Senders> {
    const wanted = new Map(
      placed.map(({ event, segmentId }) => [
        Senders.key(segmentId, event.hostname, pidOf(event)),
        { event, segmentId },
      ]),
    );
    const columns = [
      [...wanted.values()].map(({ segmentId }) => segmentId),
      [...wanted.values()].map(({ event }) => storableText(event.hostname)),
      [...wanted.values()].map(({ event }) => pidOf(event)),
    ];
    await this.client.query(statements.addSenders, columns);
    const { rows } = await this.client.query<Placed<{ id: number; hostname: string; pid: number }>>(
      statements.findSenders,
      columns,
    );
    return new Senders(rows);
  }

  async #saveTallies(): Promise<void> {
    for (const { before, after, newEvents } of this.#plans.values()) {
      if (newEvents > 0) this.#tallies.addChange(before, after);
    }
    const rows = toCounterRows(this.#tallies.list());
    if (rows.length === 0) return;
    const columns = (['hostname', 'task', 'type', 'events'] as const).map((column) => rows.map((row) => row[column]));
    await this.client.query(statements.countTasks, columns);
  }

  async #saveCatalog(): Promise<void> {
    const names = namesIn(this.batch);
    const bySegment = new Map<number, Plan[]>();
    for (const plan of this.#plans.values()) {
      const together = bySegment.get(plan.segmentId);
      if (together) together.push(plan);
      else bySegment.set(plan.segmentId, [plan]);
    }
    if (names.size > 0) await this.client.query(statements.addNames, [[...names]]);
    for (const [segmentId, plans] of bySegment) {
      const { newestTimestamp, newestReceived, oldest } = boundsOf(plans.map((plan) => plan.after));
      const added = plans.filter((plan) => plan.before === undefined).length;
      await this.client.query(statements.widenSegment, [segmentId, added, newestTimestamp, newestReceived, oldest]);
    }
    await saveRejects(this.client, this.batch.rejects);
  }
}

/** Rows → one array a column, in the order of {@link taskColumns}. */
function toColumns(plans: Plan[]): Value[][] {
  const rows = plans.map((plan) => toTaskValues(plan.after));
  return taskColumns.map((_, i) => rows.map((row) => row[i]!));
}
