import type { TaskEvent } from '../../celery/event.ts';
import type { Task } from '../../domain/task.ts';
import { changesHeldFields } from '../event-row.ts';
import type { SegmentFile } from './segment-file.ts';

/** What a batch means for one task: where its row is, or will be, and what it becomes. */
export interface Plan {
  segment: SegmentFile;
  /** Missing: the task is new. */
  id?: number;
  before?: Task;
  after: Task;
  /** The batch's, in its order. */
  events: TaskEvent[];
  newEvents: number;
}

/** The plans of each segment, in their order. */
export function groupBySegment(plans: Iterable<Plan>): Map<SegmentFile, Plan[]> {
  const groups = new Map<SegmentFile, Plan[]>();
  for (const plan of plans) {
    const together = groups.get(plan.segment);
    if (together) together.push(plan);
    else groups.set(plan.segment, [plan]);
  }
  return groups;
}

/** Makes the row of a task that is new. */
export function makeRow(plan: Plan): void {
  if (plan.id === undefined) plan.id = plan.segment.insert(plan.after);
  else if (plan.before && changesHeldFields(plan.before, plan.after)) {
    plan.segment.rewriteEvents(plan.id, plan.before, plan.after);
  }
}

/** Brings the row of one that is not up to date. */
export function updateRow(plan: Plan): void {
  if (plan.before && isNews(plan)) plan.segment.update(plan.id!, plan.before, plan.after);
}

/** A batch of nothing but events that were stored before changes no row. */
export const isNews = (plan: Plan): boolean => plan.newEvents > 0;
