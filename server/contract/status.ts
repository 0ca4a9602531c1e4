/** A stretch of time we know we did not see, on one broker. */
export interface GapBody {
  /** Epoch seconds. `to` is null while it lasts. */
  from: number;
  to: number | null;
  broker: string;
  why: 'stopped' | 'crashed' | 'disconnected' | 'overflow' | 'cut-off';
}

export interface BrokerStatusBody {
  /** Without password. */
  url: string;
  connected: boolean;
  /** Epoch seconds since it is connected, or disconnected; null before the first attempt has ended. */
  since: number | null;
  /** Why it is not connected. */
  error: string | null;
}

/** Milliseconds. */
export interface Quantiles {
  p50: number;
  p99: number;
}

export interface IngestStatusBody {
  /** Events since this process started. */
  received: number;
  stored: number;
  /** Messages taken from the socket and not yet committed, in memory and in the spool. */
  backlog: number;
  /** What is spooled for want of memory, or was by an earlier run, and not yet committed. */
  spool_bytes: number;
  /** Age of the oldest of them; 0 when there is none. */
  lag_ms: number;
  /** Messages that could not be read, since this process started. */
  rejected: number;
  /** Events that came again and were stored already. */
  duplicates: number;
  /** Messages dropped for want of memory and of room in the spool; there is a gap for them. */
  dropped: number;
  /** Over the last 10 seconds. */
  events_per_s: number;
  /** How long the last 512 commits took; null before the first. */
  commit_ms: Quantiles | null;
  /** Why what was received is not stored now; null when it is. */
  error: string | null;
}

/** One run of the retention. */
export interface RetentionRunBody {
  /** Epoch seconds. */
  at: number;
  took_ms: number;
  /** Segments that are gone. */
  segments: number;
  /** Segments of which only the tasks that failed, or the tasks without their events, are left. */
  reduced: number;
  /** Tasks that are gone. */
  tasks: number;
  /** Bytes that were given back to the disk. */
  bytes: number;
  /** Why it could not do all of it; it will try again. Null when it could. */
  error: string | null;
}

export interface RetentionStatusBody {
  last: RetentionRunBody | null;
  /** When it will look again, epoch seconds; null: nothing is set to go. */
  next: number | null;
}

export interface StoreStatusBody {
  engine: 'sqlite' | 'postgres';
  tasks: number;
  events: number;
  bytes: number;
  segments: number;
  /** Epoch seconds of the oldest stored task. */
  oldest: number | null;
  retention: RetentionStatusBody;
  /** Why it cannot be read now: the figures are the last ones known. Null when it can. */
  error: string | null;
}

/** How long history is kept, in seconds, and how large it may become; null: without a limit. */
export interface RetentionLimitsBody {
  tasks: number | null;
  /** null: as the others. */
  failures: number | null;
  /** null: as their tasks. */
  events: number | null;
  bytes: number | null;
  /** Of the lengths of queues. */
  metrics: number;
}

/** `GET /api/status` */
export interface StatusBody {
  version: string;
  /** Whether everything that would change a worker or a task is refused. */
  read_only: boolean;
  retention_limits: RetentionLimitsBody;
  /** Seconds. */
  uptime: number;
  /** How late the HTTP thread's event loop was in the worst ten seconds of the last minute. */
  event_loop_ms: Quantiles;
  brokers: BrokerStatusBody[];
  ingest: IngestStatusBody;
  store: StoreStatusBody;
  gaps: GapBody[];
}
