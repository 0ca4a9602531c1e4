import type { IntakeLimits } from './intake.ts';

/** What of the receiver can be set. */
export interface ReceiverOptions extends Partial<IntakeLimits> {
  /** Ask all workers, every `enableEventsMs`, to send events. */
  enableEvents: boolean;
  /** 5000 as in Flower: a worker that was started without `-E` is seen after that time. */
  enableEventsMs?: number;
  /** How long a received message may wait for others to travel with. */
  handOverMs?: number;
  /** Silence that is shorter is no reason for a new connection, however often workers send heartbeats. */
  leastSilenceMs?: number;
  /** How often the writer hears up to when all was seen, when nothing comes in. */
  watermarkMs?: number;
}

const defaultTimes = { enableEventsMs: 5000, handOverMs: 5, leastSilenceMs: 30_000, watermarkMs: 500 };

export type ReceiverTimes = Required<Pick<ReceiverOptions, keyof typeof defaultTimes | 'enableEvents'>>;

/** With the defaults for what is not set. */
export const toReceiverTimes = (options: ReceiverOptions): ReceiverTimes => ({ ...defaultTimes, ...options });
