import type { TaskBody } from '../../../server/contract/tasks.ts';
import { toPlainPython } from '../../../server/python/plain-python.ts';
import { PythonFloat, toFloatText } from '../../../server/python/python-float.ts';
import { readPythonRepr } from '../../../server/python/python-repr.ts';
import { readRecordedArgs, readRecordedKwargs, type Recorded } from '../../../server/python/recorded-arguments.ts';

/** What a text field begins with. */
export interface Draft {
  text: string;
  /** Why the recorded ones cannot be sent as they are: these have to be looked at. null: they can. */
  problem: string | null;
}

export interface RerunDraft {
  args: Draft;
  kwargs: Draft;
}

/** The arguments of a task as JSON to edit. */
export function toRerunDraft({ args, kwargs }: Pick<TaskBody, 'args' | 'kwargs'>): RerunDraft {
  return {
    args: toDraft(args, readRecordedArgs(args), '[]'),
    kwargs: toDraft(kwargs, readRecordedKwargs(kwargs), '{}'),
  };
}

function toDraft(repr: string | null, recorded: Recorded<unknown>, empty: string): Draft {
  if (recorded.ok) return { text: printJson(recorded.value), problem: null };
  return { text: toNearest(repr) ?? empty, problem: recorded.why };
}

/** Tuples as lists, and so on: what the task is given then is not quite what it was. */
function toNearest(repr: string | null): string | null {
  const read = repr === null ? null : readPythonRepr(repr);
  if (!read?.ok || read.truncated) return null;
  try {
    return printJson(toPlainPython(read.value, { coerce: true }));
  } catch {
    return null;
  }
}

const lineLength = 64;

/** JSON that a person can edit: short things on one line, floats and large integers as Python needs them. */
export function printJson(value: unknown, indent = ''): string {
  const line = printLine(value);
  if (line.length + indent.length <= lineLength || typeof value !== 'object' || value === null) return line;
  if (value instanceof PythonFloat) return line;
  const inner = `${indent}  `;
  const [open, close, parts] = Array.isArray(value)
    ? ['[', ']', value.map((each) => printJson(each, inner))]
    : ['{', '}', Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${printJson(each, inner)}`)];
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`;
}

function printLine(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : toWord(value);
  if (value instanceof PythonFloat)
    return Number.isFinite(value.value) ? toFloatText(value.value) : toWord(value.value);
  if (Array.isArray(value)) return `[${value.map(printLine).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, each]) => `${JSON.stringify(key)}: ${printLine(each)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

function toWord(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** What is wrong with an edited text; null: nothing. */
export function findJsonProblem(text: string, wanted: 'list' | 'object'): string | null {
  const words = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;
  let value: unknown;
  try {
    // Python's own words are numbers to the server.
    value = JSON.parse(text.replace(words, (word) => (word.startsWith('"') ? word : '0')));
  } catch (error) {
    return `This is no JSON: ${(error as Error).message}`;
  }
  const kind = Array.isArray(value) ? 'list' : typeof value === 'object' && value !== null ? 'object' : 'neither';
  if (kind === wanted) return null;
  return wanted === 'list' ? 'A list is needed: [1, "two"]' : 'An object is needed: {"name": "value"}';
}

export interface Edited {
  args: string;
  kwargs: string;
  /** Empty: as it was. */
  queue: string;
}

/** The body of `POST api/task/retry/ID`: what was not changed is left to the server, which has it exactly. */
export function toRetryBody(draft: RerunDraft, edited: Edited): string {
  const isChanged = (which: 'args' | 'kwargs') => draft[which].problem !== null || edited[which] !== draft[which].text;
  const fields = [
    ...(isChanged('args') ? [`"args": ${edited.args}`] : []),
    ...(isChanged('kwargs') ? [`"kwargs": ${edited.kwargs}`] : []),
    ...(edited.queue.trim() === '' ? [] : [`"queue": ${JSON.stringify(edited.queue.trim())}`]),
  ];
  return `{${fields.join(', ')}}`;
}
