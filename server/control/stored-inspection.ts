import type { Inspection } from '../contract/workers.ts';

/** The form in which an inspection is stored: bounded, and with nothing in it that should not be on a disk. */

/** Characters; a worker's settings, queues and tasks are some 15,000. */
const longest = 65_536;

/** What seldom changes of it. All else does from one moment to the next. */
export function toComparable({ active_queues, registered, conf }: Inspection): string {
  return JSON.stringify([active_queues, registered, conf]);
}

/** As JSON; what is too long is left out, the lists of tasks first. */
export function toStored(inspection: Inspection): string {
  const { stats, active_queues, registered, conf, timestamp } = inspection;
  const lists = {
    ...inspection,
    scheduled: withoutValues(inspection.scheduled),
    reserved: withoutValues(inspection.reserved),
  };
  const forms = [lists, { stats, active_queues, registered, conf, timestamp }, { stats, active_queues, timestamp }];
  return (
    forms.map((form) => JSON.stringify(form)).find((text) => text.length <= longest) ?? JSON.stringify({ timestamp })
  );
}

/** @throws {SyntaxError} for what is no JSON */
export function readStored(text: string): Inspection {
  return JSON.parse(text) as Inspection;
}

/**
 * Of tasks that wait, workers tell the values of the arguments. Their sender may have hidden them from monitors by a repr
 * of its own, so they are not written to a disk.
 */
function withoutValues(tasks: unknown[] | undefined): unknown {
  const isValue = (key: string, value: unknown): boolean =>
    (key === 'args' || key === 'kwargs') && typeof value !== 'string';
  const json = JSON.stringify(tasks, (key, value: unknown) => (isValue(key, value) ? null : value));
  return json === undefined ? undefined : (JSON.parse(json) as unknown);
}
