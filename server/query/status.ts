import type { BrokerStatusBody, IngestStatusBody, Quantiles, StatusBody } from '../contract/status.ts';
import type { StoreReader } from '../store/store.ts';
import type { StatusQuery } from './queries.ts';

/** The gaps that the status names; all of them are in the store. */
const shownGaps = 100;

export interface StatusSources {
  version: string;
  store: StoreReader;
  /** As ingest knows them now. */
  ingest: () => { brokers: BrokerStatusBody[]; ingest: IngestStatusBody };
  /** Seconds since the process started, by a clock that never jumps. */
  uptime: () => number;
  /** How late the event loop of this thread is. */
  eventLoopDelay: () => Quantiles;
}

/** How the server, its brokers and its store are. It answers also, and above all, when the store does not. */
export function openStatusQuery({ version, store, ingest, uptime, eventLoopDelay }: StatusSources): StatusQuery {
  const nothing = { tasks: 0, events: 0, bytes: 0, segments: 0, oldest: null };
  let known: Pick<StatusBody, 'store' | 'gaps'> = {
    store: { engine: store.engine, ...nothing, error: null },
    gaps: [],
  };
  return async (): Promise<StatusBody> => {
    try {
      const [totals, gaps] = await Promise.all([store.totals(), store.gaps(shownGaps)]);
      known = { store: { engine: store.engine, ...totals, error: null }, gaps };
    } catch (error) {
      known = { ...known, store: { ...known.store, error: (error as Error).message } };
    }
    return { version, uptime: uptime(), event_loop_ms: eventLoopDelay(), ...ingest(), ...known };
  };
}
