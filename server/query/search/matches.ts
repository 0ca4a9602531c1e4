/**
 * What a condition means, on a task in memory: the reference for every quicker way to find the same tasks, and the last
 * word on candidates of an index. Reads no store, no clock.
 */
import { findKwarg } from '../../celery/python-kwarg.ts';
import { finishedAt, queueOf, receivedAt, runtimeS, waitS } from '../../domain/derived.ts';
import type { Task } from '../../domain/task.ts';
import type { Condition, NumberField, PatternField, TextField, TimeField } from '../../language/query.ts';
import { foldText } from '../../store/search-text.ts';
import { storableText } from '../../store/task-row.ts';

/** Whether a task fits. */
export type Matcher = (task: Task) => boolean;

export function matches(task: Task, condition: Condition): boolean {
  return toMatcher(condition)(task);
}

/** For many tasks: what does not depend on the task is done once. */
export function toMatcher(condition: Condition): Matcher {
  switch (condition.kind) {
    case 'and': {
      const parts = condition.parts.map(toMatcher);
      return (task) => parts.every((part) => part(task));
    }
    case 'or': {
      const parts = condition.parts.map(toMatcher);
      return (task) => parts.some((part) => part(task));
    }
    case 'not': {
      const part = toMatcher(condition.part);
      return (task) => !part(task);
    }
    case 'text': {
      const text = foldText(condition.text);
      return (task) => textsOf(task, condition.field).some((each) => each !== null && foldText(each).includes(text));
    }
    case 'pattern': {
      const fits = toPatternTest(condition.pattern);
      return (task) => fits(patternValue(task, condition.field));
    }
    case 'state': {
      const states = condition.states.map(storableText);
      return (task) => states.includes(storableText(task.state));
    }
    case 'related': {
      const id = storableText(condition.id);
      return (task) => relatedId(task, condition.field) === id;
    }
    case 'kwarg':
      return toKwargMatcher(condition);
    case 'range':
      return toRangeMatcher(condition);
  }
}

/** Where most words are found first. */
const anyFields = ['kwargs', 'args', 'result', 'exception', 'uuid', 'name', 'state', 'worker'] as const;

function textsOf(task: Task, field: TextField): (string | null)[] {
  if (field === 'any') return anyFields.map((each) => task[each]);
  return [field === 'queue' ? queueOf(task) : task[field]];
}

function patternValue(task: Task, field: PatternField): string | null {
  return field === 'queue' ? queueOf(task) : task[field];
}

/** Whether a value as a whole fits a pattern in which `*` stands for any characters. null fits none. */
export function toPatternTest(pattern: string): (value: string | null) => boolean {
  const [first = '', ...others] = foldText(pattern).split('*');
  const last = others.pop();
  return (value) => {
    if (value === null) return false;
    const text = foldText(value);
    if (last === undefined) return text === first;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of others) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}

/** A task that started its workflow is its own root. One that is retried names itself as its parent, and is not its child. */
function relatedId(task: Task, field: 'root' | 'parent'): string | null {
  if (field === 'root') return storableText(task.rootId ?? task.uuid);
  return task.parentId === null || task.parentId === task.uuid ? null : storableText(task.parentId);
}

type KwargCondition = Extract<Condition, { kind: 'kwarg' }>;

/** Of an item of a list, or a key of a dict. */
const isIndex = (key: string): boolean => /^\d+$/.test(key);

/** What a repr shows as it is; not so quotes, backslashes, what cannot be printed, and in JSON `&`, `<` and `>`. */
const plainParts = /[\w !#$%()*+,./:;=?@[\]^{|}~-]+/g;

/** Parts of the text of the keyword arguments of every task that fits: no repr shows them in any other way. */
export function plainTexts({ path, value }: KwargCondition): string[] {
  const keys = path.map(storableText).filter((key) => !isIndex(key));
  return [...keys, storableText(value)].flatMap((each) => each.match(plainParts) ?? []);
}

/**
 * What stands in the keyword arguments of every task that fits, beside {@link plainTexts}, where the value is too short to
 * be looked for: the value with what may come before it, and with what may follow it.
 */
export function textsAround({ path, value }: KwargCondition): string[][] {
  const text = storableText(value);
  if (!/^[\w.-]{1,4}$/.test(text)) return [];
  const [beforeValues, afterValues] = isIndex(path.at(-1)!) ? anywhere : inDict;
  if (text.length > 1) {
    const [first, last] = [text.slice(0, 2), text.slice(-2)];
    return [beforeValues.map((before) => before + first), afterValues.map((after) => last + after)];
  }
  return [beforeValues.flatMap((before) => afterValues.map((after) => before + text + after))];
}

const quotes = ["'", '"'];
/** What may come before a value, and after it: one with a name is in a dict. */
const inDict = [
  [': ', ':', ...quotes],
  [',', '}', ...quotes],
] as const;
const anywhere = [
  [' ', ':', ',', '(', '[', '{', '=', ...quotes],
  [',', ':', ')', ']', '}', ...quotes],
] as const;

function toKwargMatcher(condition: KwargCondition): Matcher {
  const keys = condition.path.map(storableText);
  const text = storableText(condition.value);
  // Most reprs that lack one need not be read.
  const plain = plainTexts(condition);
  const around = textsAround(condition);
  return (task) => {
    if (task.kwargs === null) return false;
    const repr = storableText(task.kwargs);
    if (!plain.every((each) => repr.includes(each))) return false;
    if (!around.every((texts) => texts.some((each) => repr.includes(each)))) return false;
    return findKwarg(repr, keys) === text;
  };
}

function toRangeMatcher({ field, from, to }: Extract<Condition, { kind: 'range' }>): Matcher {
  return (task) => {
    const value = numberOf(task, field);
    if (value === null) return false;
    if (from !== null && !(from.inclusive ? value >= from.value : value > from.value)) return false;
    return to === null || (to.inclusive ? value <= to.value : value < to.value);
  };
}

function numberOf(task: Task, field: TimeField | NumberField): number | null {
  switch (field) {
    case 'received':
      return receivedAt(task);
    case 'finished':
      return finishedAt(task);
    case 'wait':
      return waitS(task);
    case 'runtime':
      return runtimeS(task);
    case 'started':
    case 'retries':
      return task[field];
  }
}
