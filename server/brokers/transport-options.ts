import { AppError } from '../errors.ts';
import type { TransportOptions } from './open-consumer.ts';

/** Celery's `broker_transport_options`, of which a monitor needs those that decide about channels, queues and sentinels. */
export function readTransportOptions(
  given: Readonly<Record<string, unknown>>,
  source: string,
): Partial<TransportOptions> {
  const sentinel = readObject(given['sentinel_kwargs'], `${source}: sentinel_kwargs`);
  const options: Partial<TransportOptions> = {
    globalKeyprefix: readText(given['global_keyprefix'], `${source}: global_keyprefix`),
    fanoutPrefix: readTextOrSwitch(given['fanout_prefix'], `${source}: fanout_prefix`),
    fanoutPatterns: readSwitch(given['fanout_patterns'], `${source}: fanout_patterns`),
    prioritySteps: readSteps(given['priority_steps'], `${source}: priority_steps`),
    sep: readText(given['sep'], `${source}: sep`),
    masterName: readText(given['master_name'], `${source}: master_name`),
    sentinelUser: readText(sentinel['username'], `${source}: sentinel_kwargs.username`),
    sentinelPassword: readText(sentinel['password'], `${source}: sentinel_kwargs.password`),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function readText(value: unknown, what: string): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw new AppError('bad_config', `${what} must be a text.`);
}

function readSteps(value: unknown, what: string): number[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.length > 0 && value.every((step) => Number.isInteger(step)))
    return value as number[];
  throw new AppError('bad_config', `${what} must be a list of whole numbers.`);
}

function readSwitch(value: unknown, what: string): boolean | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
  throw new AppError('bad_config', `${what} must be true or false.`);
}

function readTextOrSwitch(value: unknown, what: string): string | boolean | undefined {
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (value === undefined || value === null) return undefined;
  throw new AppError('bad_config', `${what} must be true, false, or a text that takes the prefix's place.`);
}

function readObject(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new AppError('bad_config', `${what} must be an object.`);
}
