import type { z } from 'zod';
import { AppError } from '../errors.ts';

/**
 * The parameters of a query string, read as Flower does: of a repeated one the last counts, spaces around a value and
 * control characters in it do not, and an empty one is absent. Never throws.
 */
export function readParameters(url: string): Record<string, string> {
  const start = url.indexOf('?');
  const pairs = new Map<string, string>();
  if (start >= 0) for (const [name, value] of new URLSearchParams(url.slice(start))) pairs.set(name, toPlain(value));
  return Object.fromEntries([...pairs].filter(([, value]) => value !== ''));
}

/** Checks parameters; throws `bad_request` with everything that is wrong with them. */
export function checkParameters<T>(schema: z.ZodType<T>, parameters: Record<string, string>): T {
  const checked = schema.safeParse(parameters);
  if (checked.success) return checked.data;
  const details = checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new AppError('bad_request', details.map(({ message }) => message).join('; '), details);
}

const yes: readonly string[] = ['y', 'yes', 't', 'true', 'on', '1'];
const no: readonly string[] = ['n', 'no', 'f', 'false', 'off', '0'];

/** False when absent. */
export function readBoolean(text: string | undefined): boolean {
  const lower = text?.toLowerCase();
  if (lower === undefined || no.includes(lower)) return false;
  if (yes.includes(lower)) return true;
  throw new AppError('bad_request', `Invalid argument '${text}' of type 'bool'`);
}

/** The rest of a path, taken by a wildcard: ids may hold a slash, encoded or not. */
export function readPathRest(segments: string | string[] | undefined): string {
  return Array.isArray(segments) ? segments.join('/') : (segments ?? '');
}

function toPlain(value: string): string {
  // eslint-disable-next-line no-control-regex -- those are the ones
  return value.replace(/[\x00-\x08\x0e-\x1f]/g, ' ').trim();
}
