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

/** `GET /api/workers?status=1` */
export type WorkerStatusBody = Record<string, boolean>;
