/**
 * What a search means: the tree that the parser makes of a text, that prints back to canonical text, and that the query
 * room plans. Pure data, shared with the browser. All text compares without regard to upper and lower case
 * (`foldText`), unless said otherwise.
 */

/** Where a part of the text stood: UTF-16 offsets, `end` exclusive. */
export interface Span {
  at: number;
  end: number;
}

export interface Query {
  /** null: every task. */
  where: Condition | null;
  /** null: not said. */
  sort: Sort | null;
}

export const sortKeys = [
  'received',
  'started',
  'finished',
  'runtime',
  'wait',
  'name',
  'state',
  'worker',
  'retries',
] as const;
export type SortKey = (typeof sortKeys)[number];

export interface Sort {
  key: SortKey;
  descending: boolean;
}

/** Fields in which a part of the text is looked for. `any`: uuid, name, state, worker, args, kwargs, result, exception. */
export const textFields = [
  'any',
  'uuid',
  'name',
  'worker',
  'queue',
  'args',
  'kwargs',
  'result',
  'exception',
  'traceback',
] as const;
export type TextField = (typeof textFields)[number];

/** Fields of few distinct values, in which `*` stands for anything and the whole value has to fit. */
export type PatternField = 'name' | 'worker' | 'queue';

/** Epoch seconds. */
export const timeFields = ['received', 'started', 'finished'] as const;
export type TimeField = (typeof timeFields)[number];

/** Seconds, but for `retries`. */
export const numberFields = ['runtime', 'wait', 'retries'] as const;
export type NumberField = (typeof numberFields)[number];

/** A bound and whether it belongs to the range itself. */
export interface Bound {
  value: number;
  inclusive: boolean;
}

export type Condition =
  | { kind: 'and'; parts: Condition[] }
  | { kind: 'or'; parts: Condition[] }
  | { kind: 'not'; part: Condition }
  /** The field has the text in it; a task without the field does not fit. */
  | { kind: 'text'; field: TextField; text: string }
  /** The whole field fits, where `*` stands for any characters, none too. */
  | { kind: 'pattern'; field: PatternField; pattern: string }
  /** One of these, exactly, in upper case. */
  | { kind: 'state'; states: string[] }
  /** The id of the task's root or parent, exactly. A task that started its workflow is its own root. */
  | { kind: 'related'; field: 'root' | 'parent'; id: string }
  /** The keyword argument at `path` (nested keys after the first) is exactly this, as text: strings without quotes. */
  | { kind: 'kwarg'; path: string[]; value: string }
  /** A task without the value does not fit. Half open or closed; at least one bound. */
  | { kind: 'range'; field: TimeField | NumberField; from: Bound | null; to: Bound | null };
