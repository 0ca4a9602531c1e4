import type { z } from 'zod';
import { AppError } from '../errors.ts';
import { FlowerTextError } from './errors.ts';

/**
 * The parameters of a query string, read as Flower does: of a repeated one the last counts, spaces around a value and
 * control characters in it do not, and an empty one is absent. Of those named `verbatim` spaces do count, so that an
 * error can say at which position it is. Never throws.
 */
export function readParameters(url: string, verbatim: readonly string[] = []): Record<string, string> {
  const start = url.indexOf('?');
  const pairs = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(start < 0 ? '' : url.slice(start))) {
    const plain = toPlain(value);
    pairs.set(name, verbatim.includes(name) ? plain : plain.trim());
  }
  return Object.fromEntries([...pairs].filter(([, value]) => value !== ''));
}

/**
 * The parameters of a POST: those of the query string and of a form body, of which the latter count more. Unlike in
 * {@link readParameters}, an empty one is there, and empty. Never throws.
 */
export function readFormParameters(url: string, form: unknown): Record<string, string> {
  const start = url.indexOf('?');
  const texts = [start < 0 ? '' : url.slice(start), typeof form === 'string' ? form : ''];
  const pairs = texts.flatMap((text) => [...new URLSearchParams(text)]);
  return Object.fromEntries(pairs.map(([name, value]) => [name, toPlain(value).trim()]));
}

/** As {@link checkParameters}, for routes whose errors are plain text in Flower. */
export function checkForm<T>(schema: z.ZodType<T>, parameters: Readonly<Record<string, string>>): T {
  try {
    return checkParameters(schema, parameters);
  } catch (error) {
    throw error instanceof AppError ? new FlowerTextError(error.code, error.message, error.details) : error;
  }
}

/** Checks parameters; throws `bad_request` with everything that is wrong with them. */
export function checkParameters<T>(schema: z.ZodType<T>, parameters: Readonly<Record<string, string>>): T {
  const checked = schema.safeParse(parameters);
  if (checked.success) return checked.data;
  const details = checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new AppError('bad_request', details.map(({ message }) => message).join('; '), details);
}

/** The rest of a path, taken by a wildcard: ids may hold a slash, encoded or not. */
export function readPathRest(segments: string | string[] | undefined): string {
  return Array.isArray(segments) ? segments.join('/') : (segments ?? '');
}

function toPlain(value: string): string {
  // eslint-disable-next-line no-control-regex -- those are the ones
  return value.replace(/[\x00-\x08\x0e-\x1f]/g, ' ');
}
