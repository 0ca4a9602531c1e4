/**
 * What is kept of a worker's answers, and may be shown: with no credential in it, and of a bounded length.
 *
 * In: an answer as the worker gave it. Out: the same form, key for key, as Flower's clients expect it.
 */
import { maskUrl } from '../brokers/url-text.ts';
import type { InspectionField } from '../contract/workers.ts';

/** The value of `key` without what nobody may read; from the options of the user. */
export type Redact = (key: string, value: unknown) => unknown;

/** What is kept. `total`: how many the list had, where it was too long. */
export interface KeptAnswer {
  value: unknown;
  total?: number;
}

/** A worker remembers up to 50,000 revoked ids; hundreds of workers with as many would not fit into memory. */
const mostItems = 1000;
const mostRegistered = 10_000;
const longestUrl = 2048;
/** Celery's own word for it. */
const hidden = '********';

export function toKeptAnswer(method: InspectionField, value: unknown, redact: Redact): KeptAnswer {
  const most = method === 'registered' ? mostRegistered : mostItems;
  const isLong = Array.isArray(value) && value.length > most;
  const kept: unknown = isLong ? value.slice(0, most) : value;
  return { value: toShown(method, kept, redact), ...(isLong && { total: value.length }) };
}

function toShown(method: InspectionField, value: unknown, redact: Redact): unknown {
  switch (method) {
    case 'stats':
      return withoutAlternates(maskSecrets(value));
    case 'conf':
      return maskSecrets(value);
    case 'active':
    case 'reserved':
      return mapFields(value, (task) => redactTask(task, redact));
    case 'scheduled':
      return mapFields(value, (item) => ({
        ...item,
        request: mapFields(item['request'], (task) => redactTask(task, redact)),
      }));
    case 'active_queues':
    case 'registered':
    case 'revoked':
      return value;
  }
}

/** The broker's other URLs, with their passwords; Flower leaves them out too. */
function withoutAlternates(stats: unknown): unknown {
  return mapFields(stats, ({ broker, ...rest }) => ({
    ...rest,
    ...(broker !== undefined && { broker: mapFields(broker, ({ alternates: _, ...shown }) => shown) }),
  }));
}

/** Settings: workers hide what Celery knows to be secret, and not what users, or transports, call otherwise. */
function maskSecrets(value: unknown, key = '', depth = 0): unknown {
  if (depth > 20) return hidden;
  if (isSecret(key) && isTelling(value)) return hidden;
  if (typeof value === 'string') return maskUrls(value);
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item, '', depth + 1));
  return mapFields(value, (fields) =>
    Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, maskSecrets(each, name, depth + 1)])),
  );
}

/** `password`, `s3_secret_access_key`, `AccountKey`; not `task_default_routing_key`, nor the path of a key file. */
function isSecret(key: string): boolean {
  if (/(file|path|keyprefix|routing_?key)$/i.test(key)) return false;
  return /pass(w|phrase)|passwd|pwd|secret|token|credential|signature|cookie|auth(?!or)|(?:^|[_-]|[a-z](?=K))key$/i.test(
    key,
  );
}

/** Whether a value could be a secret: a switch, or nothing, tells that there is none. */
function isTelling(value: unknown): boolean {
  return value !== null && value !== '' && typeof value !== 'boolean';
}

/** In any text: a setting that is no plain value is told by its repr. The bounds keep a long text from taking long. */
function maskUrls(text: string): string {
  return text.replace(/[a-z][\w+.-]{0,30}:\/\/[^\s'"<>]+/gi, (url) => {
    if (url.length > longestUrl) return hidden;
    return /[@?]/.test(url) ? maskUrl(url) : url;
  });
}

function redactTask(task: Fields, redact: Redact): Fields {
  const shown = (key: string): Fields => (key in task ? { [key]: redact(key, task[key]) } : {});
  return { ...task, ...shown('args'), ...shown('kwargs') };
}

type Fields = Readonly<Record<string, unknown>>;

/** Of an object, or of each object in a list; anything else stays as it is. */
function mapFields(value: unknown, change: (fields: Fields) => Fields): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => mapFields(item, change));
  return typeof value === 'object' && value !== null ? change(value as Fields) : value;
}
