/** A part of the composition root: what the log is told of ingest. */
import type { Log } from './log.ts';
import type { Ingest } from './threads/open-ingest.ts';

type IngestView = Pick<Ingest, 'onState' | 'onCommit'>;

/** A sender that is wrong is wrong with each of its messages. */
const rejectsEveryMs = 60_000;

/** `nowMs`: by a clock that never jumps. */
export function logIngest(ingest: IngestView, log: Log, nowMs: () => number): void {
  logTrouble(ingest, log);
  logRejects(ingest, log, nowMs);
}

/** Says when what comes in can no longer be stored, and when it can again. */
function logTrouble(ingest: IngestView, log: Log): void {
  let known: string | null = null;
  ingest.onState(({ ingest: { error } }) => {
    if (error === known) return;
    known = error;
    if (error === null) log.info('events are stored again');
    else log.warn('events cannot be stored now, and wait', { why: error });
  });
}

/** Says why messages are put aside: at once, and then, while more are, once a minute. */
function logRejects(ingest: IngestView, log: Log, nowMs: () => number): void {
  let saidMs = -Infinity;
  let count = 0;
  ingest.onCommit(({ rejects }) => {
    count += rejects.count;
    if (rejects.last === null || nowMs() - saidMs < rejectsEveryMs) return;
    const { reason: why, broker } = rejects.last;
    log.warn('messages were put aside, for they are no events; /api/rejects lists them', { count, why, broker });
    saidMs = nowMs();
    count = 0;
  });
}
