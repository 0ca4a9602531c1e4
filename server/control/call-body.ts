/**
 * Reads what is to be sent to workers from the body of a request. In: text. Out: checked options, and arguments exactly
 * as they were given: integers of any size, and 2.0 apart from 2, which JSON.parse would not keep.
 */
import type { z } from 'zod';
import { readPythonJson, readPythonValues } from '../celery/python-json.ts';
import { AppError } from '../errors.ts';

/** @throws {AppError} `bad_request`, with everything that is wrong with it */
export function readCallBody<T>(schema: z.ZodType<T>, text: string): T {
  const checked = schema.safeParse(text.trim() === '' ? {} : readFields(text));
  if (checked.success) return checked.data;
  const details = checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new AppError('bad_request', details.map(({ message }) => message).join('; '), details);
}

const exactly = ['args', 'kwargs', 'link', 'link_error'];

function readFields(text: string): unknown {
  const value = readPythonJson(text).value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const exact = readPythonValues(text) as Record<string, unknown>;
  const asGiven = exactly.filter((key) => key in value).map((key) => [key, exact[key]] as const);
  return { ...value, ...Object.fromEntries(asGiven) };
}
