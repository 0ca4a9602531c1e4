import type {
  BrokerStatusBody,
  IngestStatusBody,
  Quantiles,
  RetentionLimitsBody,
  StatusBody,
} from '../contract/status.ts';
import type { StoreReader } from '../store/store.ts';
import type { StatusQuery } from './queries.ts';

/** The gaps that the status names; all of them are in the store. */
const shownGaps = 100;
/** Probes give up after some seconds: a store that takes longer counts as one that cannot be read. */
const patienceMs = 2000;

export interface StatusSources {
  version: string;
  readOnly: boolean;
  limits: RetentionLimitsBody;
  store: StoreReader;
  /** As ingest knows them now. */
  ingest: () => { brokers: BrokerStatusBody[]; ingest: IngestStatusBody };
  /** Seconds since the process started, by a clock that never jumps. */
  uptime: () => number;
  /** How late the event loop of this thread is. */
  eventLoopDelay: () => Quantiles;
}

/** How the server, its brokers and its store are. It answers also, and above all, when the store does not. */
export function openStatusQuery(sources: StatusSources): StatusQuery {
  const { version, readOnly, limits, store, ingest, uptime, eventLoopDelay } = sources;
  const nothing = { tasks: 0, events: 0, bytes: 0, segments: 0, oldest: null, retention: { last: null, next: null } };
  let known: Pick<StatusBody, 'store' | 'gaps'> = {
    store: { engine: store.engine, ...nothing, error: null },
    gaps: [],
  };
  const read = async (): Promise<void> => {
    try {
      const [totals, retention, gaps] = await Promise.all([store.totals(), store.retention(), store.gaps(shownGaps)]);
      known = { store: { engine: store.engine, ...totals, retention, error: null }, gaps };
    } catch (error) {
      known = { ...known, store: { ...known.store, error: (error as Error).message } };
    }
  };
  let stuck: Promise<void> | null = null;
  return async (): Promise<StatusBody> => {
    if (stuck === null) {
      const reading = read();
      if (await isLate(reading, patienceMs)) {
        // Questions that nobody answers must not pile up.
        stuck = reading;
        void reading.then(() => (stuck = null));
        const error = `The store has not answered for ${patienceMs / 1000} s.`;
        known = { ...known, store: { ...known.store, error } };
      }
    }
    const settings = { version, read_only: readOnly, retention_limits: limits };
    return { ...settings, uptime: uptime(), event_loop_ms: eventLoopDelay(), ...ingest(), ...known };
  };
}

async function isLate(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, limitMs, true)));
  try {
    return await Promise.race([promise.then(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
