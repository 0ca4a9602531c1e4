import { findKwarg } from '../celery/python-kwarg.ts';
import { readReprPrefix } from '../python/python-repr.ts';
import type { PythonValue } from '../python/python-value.ts';

/** A key of keyword arguments, or of a dict in them: how many of the sample have it, and whether there is more below. */
export interface SampledKey {
  key: string;
  tasks: number;
  isDict: boolean;
}

/** The keys at `path` (none: the names of the arguments) in the reprs of a sample, most frequent first. */
export function listKwargKeys(kwargs: readonly string[], path: readonly string[]): SampledKey[] {
  const keys = new Map<string, SampledKey>();
  for (const text of kwargs) {
    for (const [key, value] of entriesAt(text, path)) {
      const known = keys.get(key) ?? { key, tasks: 0, isDict: false };
      keys.set(key, { key, tasks: known.tasks + 1, isDict: known.isDict || value.type === 'dict' });
    }
  }
  return [...keys.values()].sort((a, b) => b.tasks - a.tasks);
}

/** The values at `path`, as the language compares them, most frequent first. */
export function listKwargValues(
  kwargs: readonly string[],
  path: readonly string[],
): { value: string; tasks: number }[] {
  const values = new Map<string, number>();
  for (const text of kwargs) {
    const value = findKwarg(text, path);
    if (value !== undefined) values.set(value, (values.get(value) ?? 0) + 1);
  }
  return [...values].map(([value, tasks]) => ({ value, tasks })).sort((a, b) => b.tasks - a.tasks);
}

function entriesAt(text: string, path: readonly string[]): [string, PythonValue][] {
  let value = readReprPrefix(text)?.value;
  for (const key of path) value = entriesOf(value).find(([name]) => name === key)?.[1];
  return entriesOf(value);
}

/** Those whose key is text and whole: the others cannot be asked for by name. */
function entriesOf(value: PythonValue | undefined): [string, PythonValue][] {
  if (value?.type !== 'dict') return [];
  return value.entries.flatMap(([key, inner]): [string, PythonValue][] =>
    key.type === 'str' && !key.cut ? [[key.value, inner]] : [],
  );
}
