import type { Quantiles } from '../contract/status.ts';

/** Counted since this writer was made. */
export interface WriterFigures {
  received: number;
  stored: number;
  rejected: number;
  /** Events that were stored already. */
  duplicates: number;
  eventsPerS: number;
  commitMs: Quantiles | null;
  /** Epoch milliseconds; null before the first. */
  lastCommitMs: number | null;
  /** Why the store does not take what we have; null when it does. */
  error: string | null;
}
