/** Finds single arguments in the Python repr of all keyword arguments of a task. */
import { readReprPrefix, type ReprPrefix } from '../python/python-repr.ts';
import type { PythonValue } from '../python/python-value.ts';

/**
 * The text of the argument at `path`, the name first, then keys of dicts and indexes of lists within it: of a string what
 * it says, of anything else what the repr shows, so that `'7'` and `7` are both `7`. undefined: there is none, or it was
 * cut. What stands before a cut is found, wherever that is. Never throws, and takes time by the length of the text.
 */
export function findKwarg(repr: string, path: readonly string[]): string | undefined {
  const prefix = readReprPrefix(repr);
  if (prefix?.value.type !== 'dict') return undefined;
  let found: PythonValue | undefined = prefix.value;
  for (const key of path) found = found && stepInto(found, key, repr, prefix);
  return found && textOf(found, repr, prefix);
}

function stepInto(value: PythonValue, key: string, repr: string, prefix: ReprPrefix): PythonValue | undefined {
  if (value.type === 'dict') return value.entries.find(([each]) => textOf(each, repr, prefix) === key)?.[1];
  if (value.type !== 'list' && value.type !== 'tuple') return undefined;
  return /^\d{1,9}$/.test(key) ? value.items[Number(key)] : undefined;
}

function textOf(value: PythonValue, repr: string, { places }: ReprPrefix): string | undefined {
  const place = places.get(value);
  // Of a value that nothing follows nobody knows whether it is all there.
  const isWhole = place !== undefined && /^[,:)\]}]/.test(repr.slice(place.end, place.end + 1));
  if (!isWhole || ('cut' in value && value.cut)) return undefined;
  return value.type === 'str' ? value.value : repr.slice(place.at, place.end);
}
