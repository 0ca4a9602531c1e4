import type { Task } from '../../domain/task.ts';
import type { Condition, NumberField, TextField, TimeField } from '../../language/query.ts';
import type { CodeColumn } from '../../store/columns.ts';
import { textOf } from '../../store/column-values.ts';
import { fromIdKey, toIdKey } from '../../store/id-key.ts';
import type { PartialRow, RowColumn, SegmentData } from '../../store/segment-data.ts';
import { fromRelativeKey, storableText, taskColumns, toTask, type TaskRow } from '../../store/task-row.ts';
import { toMatcher, type Matcher } from './matches.ts';
import type { Filter } from './question.ts';

/** Looks at rows that may fit. */
export class Verifier {
  readonly #data: SegmentData;
  readonly #filter: Filter;
  readonly #matches: Matcher;
  readonly #columns: RowColumn[];
  readonly #plain: [RowColumn, keyof Task][];
  readonly #task: SeenTask = { ...blank };

  constructor(data: SegmentData, filter: Filter) {
    this.#data = data;
    this.#filter = filter;
    this.#matches = filter.where ? toMatcher(filter.where) : () => true;
    this.#columns = columnsOf(filter);
    this.#plain = this.#columns
      .filter((column) => !ids.has(column))
      .map((column) => [column, renamed[column] ?? (column as keyof Task)]);
  }

  /** So many rows are better looked at than one, if it may be that they are to be looked at later. */
  get rowsAtOnce(): number {
    return this.#data.rowsAtOnce ?? 1;
  }

  /** Those of the rows that fit. To be asked of some hundreds at a time: each is a row to be read, some 5 µs. */
  async fitting(ids: readonly number[]): Promise<Set<number>> {
    const rows = await this.#data.rows(ids, this.#columns);
    return new Set(rows.filter((row) => this.#fits(row)).map((row) => row.id));
  }

  /** One object for all rows: to make a task of each took more time than to look at it. */
  #fits(row: PartialRow): boolean {
    const task = this.#task;
    for (const [column, field] of this.#plain) task[field] = row[column] as never;
    if (row.uuid) task.uuid = fromIdKey(row.uuid);
    if (row.root_id !== undefined) task.rootId = fromRelativeKey(row.root_id, task.uuid);
    if (row.parent_id !== undefined) task.parentId = fromRelativeKey(row.parent_id, task.uuid);
    return this.#isExact(task) && this.#matches(task);
  }

  #isExact(task: Task): boolean {
    return this.#filter.exact.every(({ column, value }) => {
      const text = textOf[column](task);
      return text !== null && storableText(text) === storableText(value);
    });
  }
}

/** What is not read counts as null: nobody looks at it. */
type SeenTask = { -readonly [Field in keyof Task]: Task[Field] };

const blank: Readonly<SeenTask> = toTask({
  ...(Object.fromEntries(taskColumns.map((column) => [column, null])) as unknown as TaskRow),
  uuid: toIdKey(''),
});

/** Columns that a task has as they are, by other names. */
const renamed: Partial<Record<RowColumn, keyof Task>> = { routing_key: 'routingKey' };
const ids: ReadonlySet<RowColumn> = new Set(['uuid', 'root_id', 'parent_id']);

const needed: Readonly<Record<TextField | CodeColumn | TimeField | NumberField, readonly RowColumn[]>> = {
  any: ['uuid', 'name', 'state', 'worker', 'args', 'kwargs', 'result', 'exception'],
  uuid: ['uuid'],
  state: ['state'],
  name: ['name'],
  worker: ['worker'],
  queue: ['queue', 'exchange', 'routing_key'],
  args: ['args'],
  kwargs: ['kwargs'],
  result: ['result'],
  exception: ['exception'],
  traceback: ['traceback'],
  received: ['received', 'sent', 'timestamp'],
  started: ['started'],
  finished: ['state', 'succeeded', 'failed', 'revoked', 'rejected'],
  runtime: ['runtime', 'state', 'started', 'succeeded', 'failed', 'retried', 'revoked', 'rejected'],
  wait: ['sent', 'received', 'started'],
  retries: ['retries'],
};

function columnsOf({ where, exact }: Filter): RowColumn[] {
  const columns = new Set<RowColumn>();
  for (const { column } of exact) for (const each of needed[column]) columns.add(each);
  if (where) addColumns(where, columns);
  return [...columns];
}

function addColumns(condition: Condition, columns: Set<RowColumn>): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const part of condition.parts) addColumns(part, columns);
      return;
    case 'not':
      addColumns(condition.part, columns);
      return;
    case 'related':
      columns.add('uuid').add(`${condition.field}_id`);
      return;
    case 'kwarg':
      columns.add('kwargs');
      return;
    case 'state':
      columns.add('state');
      return;
    default:
      for (const column of needed[condition.field]) columns.add(column);
  }
}
