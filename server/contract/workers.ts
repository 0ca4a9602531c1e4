import { z } from 'zod';
import { boolean } from './parameters.ts';

/** One worker as our own page shows it. Times are epoch seconds. */
export interface WorkerBody {
  hostname: string;
  /** By Celery's rule: the last heartbeat is younger than twice its announced interval. */
  alive: boolean;
  /** When we last heard a heartbeat, by our own clock; null when there was none. */
  last_heartbeat: number | null;
  pid: number | null;
  /** Announced seconds between two heartbeats. */
  freq: number;
  /** Tasks it runs now, and has finished since it started, as of its last full heartbeat. */
  active: number | null;
  processed: number | null;
  loadavg: number[] | null;
  sw_ident: string | null;
  sw_ver: string | null;
  sw_sys: string | null;
  /** Events stored, by type. */
  events: Record<string, number>;
}

/** The parts of an inspection, in Flower's order. */
export const inspectionFields = [
  'stats',
  'active_queues',
  'registered',
  'scheduled',
  'active',
  'reserved',
  'revoked',
  'conf',
] as const;
export type InspectionField = (typeof inspectionFields)[number];

/** `GET /api/workers`; `fields`: only these parts of inspections, separated by commas, and `timestamp`. */
export const workersRequest = z.object({
  refresh: boolean.default(false),
  status: boolean.default(false),
  workername: z.string().optional(),
  fields: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(inspectionFields, `fields must be of ${inspectionFields.join(', ')}`)))
    .optional(),
});

/** `GET /api/workers?status=1` */
export type WorkerStatusBody = Record<string, boolean>;

/**
 * What one worker said when it was last inspected, by Flower's names and in Celery's form, without credentials. A method
 * that it has never answered is missing.
 */
export interface Inspection {
  stats?: unknown;
  active_queues?: unknown;
  /** Names of tasks, which their attributes may follow: `tasks.add [rate_limit=10/m]`. */
  registered?: unknown[];
  scheduled?: unknown[];
  active?: unknown[];
  reserved?: unknown[];
  /** Ids. */
  revoked?: unknown[];
  conf?: unknown;
  /** When it was asked; epoch seconds. */
  timestamp: number;
  /** How many items a list had, where it was too long to be shown whole. */
  cut?: Record<string, number>;
}

/** `GET /api/workers`, by host name. */
export type InspectionsBody = Record<string, Inspection>;
