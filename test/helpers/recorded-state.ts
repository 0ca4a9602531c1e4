/**
 * Recorded event streams, replayed as Celery's own receiver would have seen them, and the state Celery ended in
 * (`state-*.json`). The receiver's two changes to an event, its clock and the time zone shift, are made here and only
 * here: Herbarium makes neither.
 */
import { readdirSync } from 'node:fs';
import type { CeleryEvent } from '../../server/celery/event.ts';
import { readCapture, readRecordedJson } from './captures.ts';

/** One event of a replay. */
export interface Arrival {
  readonly event: CeleryEvent;
  /** When it was recorded, epoch seconds. */
  readonly receivedAt: number;
  /** Its timestamp and its clock as Celery's receiver would have changed them. */
  readonly celeryTimestamp: number;
  readonly celeryClock: number;
}

/** The end of one replay by Celery, as recorded; only the parts that tests read. */
export interface RecordedState {
  readonly source: string;
  readonly local_utcoffset: number;
  readonly events_fed: number;
  /** Line numbers to feed, where that is not the order of the recording. */
  readonly order?: number[];
  readonly tasks: Record<string, Record<string, unknown>>;
  readonly workers: Record<string, Record<string, unknown> & { alive_at: [number, boolean][] }>;
}

/** Names of all recorded states: `state-redis-5.6.3-seed1-dup`. */
export function listRecordedStates(): string[] {
  return readdirSync(new URL('../fixtures/celery/', import.meta.url))
    .filter((file) => file.startsWith('state-'))
    .map((file) => file.replace(/\.json(\.gz)?$/, ''));
}

export function readRecordedState(name: string): RecordedState {
  return readRecordedJson(name) as RecordedState;
}

/** A state's events, in the order in which they were fed to Celery. */
export function readArrivals(state: RecordedState): Arrival[] {
  const lines = new Map(readCapture(state.source.replace(/\.jsonl$/, '')).map((line) => [line.i, line]));
  const order = state.order ?? [...lines.keys()];
  const receiver = { clock: 0 };
  return order.flatMap((i) => {
    const line = lines.get(i);
    if (line === undefined) throw new Error(`No line ${i} in ${state.source}`);
    return readEvents(line).map((event) => ({
      event,
      receivedAt: line.t,
      celeryTimestamp: localizeTimestamp(event, state.local_utcoffset),
      celeryClock: adjustClock(receiver, event),
    }));
  });
}

/** The shift of `celery.events.receiver` and `celery.utils.time.adjust_timestamp`. */
function localizeTimestamp(event: CeleryEvent, ownUtcoffset: number): number {
  return event.timestamp - ((event.utcoffset ?? ownUtcoffset) - ownUtcoffset) * 3600;
}

function adjustClock(receiver: { clock: number }, event: CeleryEvent): number {
  const clock = event.type === 'task-sent' ? (receiver.clock || 1) - 1 : (event.clock ?? receiver.clock);
  receiver.clock = Math.max(receiver.clock, clock) + 1;
  return clock;
}

/** A Redis line holds kombu's envelope, an AMQP line the body itself; either is one event or a list of them. */
function readEvents(line: Record<string, unknown>): CeleryEvent[] {
  const text =
    'channel' in line
      ? Buffer.from((JSON.parse(line.data as string) as { body: string }).body, 'base64').toString('utf8')
      : (line.body as string);
  const body = JSON.parse(text) as CeleryEvent | CeleryEvent[];
  return Array.isArray(body) ? body : [body];
}
