import type { TaskBody, TaskEventBody } from '../../../server/contract/tasks.ts';
import { endOf } from './task.ts';
import { isAtRest } from './task-state.ts';
import { readIsoTime } from './time.ts';

/** Where time went, from one moment to the next. */
export interface Span {
  kind: 'queue' | 'held' | 'prefetch' | 'run';
  /** Epoch seconds. */
  from: number;
  to: number;
  /** It lasts still: `to` is now. */
  isRunning: boolean;
}

/** One time that a worker was given the task. */
export interface Attempt {
  /** From 1 on; a message that was delivered twice keeps its number. */
  number: number;
  isRedelivered: boolean;
  worker: string | null;
  spans: Span[];
  /** null: it has not ended, or nobody saw it. */
  end: { state: string; at: number } | null;
  exception: string | null;
}

export interface Timeline {
  from: number;
  to: number;
  attempts: Attempt[];
}

export const spanLabels: Record<Span['kind'], string> = {
  queue: 'in the queue',
  held: 'until its ETA',
  prefetch: 'prefetched',
  run: 'running',
};

interface Draft {
  retries: number;
  isRedelivered: boolean;
  sent: number | null;
  received: number | null;
  started: number | null;
  eta: number | null;
  worker: string | null;
  end: Attempt['end'];
  exception: string | null;
}

const endStates: Record<string, string> = {
  'task-succeeded': 'SUCCESS',
  'task-failed': 'FAILURE',
  'task-retried': 'RETRY',
  'task-revoked': 'REVOKED',
  'task-rejected': 'REJECTED',
};

/** Events in their stored order → attempts. Without events, what the task itself knows. `nowS`: epoch seconds. */
export function toTimeline(task: TaskBody, events: readonly TaskEventBody[], nowS: number): Timeline | null {
  const drafts = readAttempts(events);
  if (drafts.length === 0) drafts.push(ofTask(task));
  const last = drafts.length - 1;
  // What is to be tried again waits already.
  const isOpen = !isAtRest(task.state) || task.state === 'RETRY';
  closeByTask(drafts[last], task);
  const attempts = drafts.map((draft, index) => toAttempt(draft, isOpen && index === last ? nowS : null));
  const times = attempts.flatMap(({ spans, end }) => [
    ...spans.flatMap(({ from, to }) => [from, to]),
    ...(end ? [end.at] : []),
  ]);
  if (times.length === 0) return null;
  return { from: Math.min(...times), to: Math.max(...times), attempts };
}

function readAttempts(events: readonly TaskEventBody[]): Draft[] {
  const drafts: Draft[] = [];
  for (const event of events) {
    const state = endStates[event.type];
    if (event.type === 'task-sent' || event.type === 'task-received') deliver(drafts, event);
    else if (event.type === 'task-started') start(drafts, event);
    else if (state !== undefined) end(drafts, event, state);
  }
  return drafts;
}

/** An end that no event told was learnt in other ways; when it was that a lost task ended nobody knows. */
function closeByTask(last: Draft | undefined, task: TaskBody): void {
  const ended = task.state === 'LOST' || task.state === 'RETRY' ? null : endOf(task);
  if (last && last.end === null && ended !== null) last.end = { state: task.state, at: ended };
}

/** A retry is sent before the attempt that asks for it has ended: the number of retries tells them apart. */
function deliver(drafts: Draft[], event: TaskEventBody): void {
  const field = event.type === 'task-sent' ? 'sent' : 'received';
  const last = drafts.at(-1);
  const told = event['retries'];
  const retries = typeof told === 'number' ? told : (last?.retries ?? 0) + (last?.end?.state === 'RETRY' ? 1 : 0);
  const known = drafts.filter((draft) => draft.retries === retries);
  const open = known.find((draft) => draft[field] === null && (field === 'sent' || draft.started === null));
  const draft = open ?? emptyDraft(retries, known.length > 0 && field === 'received');
  if (!open) drafts.push(draft);
  draft[field] = event.timestamp;
  if (field === 'received') draft.worker = event.hostname;
  const eta = event['eta'];
  if (typeof eta === 'string') draft.eta = readIsoTime(eta);
}

function start(drafts: Draft[], event: TaskEventBody): void {
  const waiting = drafts.find((draft) => draft.started === null && draft.end === null && draft.received !== null);
  const draft = waiting ?? drafts.find((each) => each.started === null && each.end === null) ?? emptyDraft(0, false);
  if (!drafts.includes(draft)) drafts.push(draft);
  draft.started = event.timestamp;
  draft.worker = event.hostname;
}

function end(drafts: Draft[], event: TaskEventBody, state: string): void {
  const open = drafts.filter((draft) => draft.end === null);
  const running = open.filter((draft) => draft.started !== null);
  // Of two that run, the one that is to be retried is the earlier.
  const draft = (state === 'RETRY' ? running[0] : running.at(-1)) ?? open[0] ?? drafts.at(-1);
  if (!draft) return;
  draft.end = { state, at: event.timestamp };
  const { exception } = event;
  draft.exception = typeof exception === 'string' ? exception : null;
}

function emptyDraft(retries: number, isRedelivered: boolean): Draft {
  const nothing = { sent: null, received: null, started: null, eta: null, worker: null, end: null, exception: null };
  return { retries, isRedelivered, ...nothing };
}

function ofTask(task: TaskBody): Draft {
  const ended = endOf(task);
  return {
    ...emptyDraft(task.retries ?? 0, false),
    sent: task.sent,
    received: task.received,
    started: task.started,
    eta: readIsoTime(task.eta),
    worker: task.worker ?? null,
    end: ended === null ? null : { state: task.state, at: ended },
    exception: task.exception,
  };
}

/** `nowS`: of the attempt that goes on. */
function toAttempt(draft: Draft, nowS: number | null): Attempt {
  const { retries, isRedelivered, worker, sent, received, started, end, exception } = draft;
  const endAt = end?.at ?? nowS;
  const isHeld = draft.eta !== null && received !== null && draft.eta > received;
  const isEtaPast = isHeld && draft.eta !== null && draft.eta < (started ?? endAt ?? Infinity);
  const begins: [Span['kind'], number | null][] = [
    ['queue', sent],
    ['held', isHeld ? received : null],
    ['prefetch', isEtaPast ? draft.eta : isHeld ? null : received],
    ['run', started],
  ];
  const seen = begins.filter((begin): begin is [Span['kind'], number] => begin[1] !== null);
  const spans = seen.flatMap(([kind, from], index): Span[] => {
    const next = seen[index + 1]?.[1] ?? null;
    const to = next ?? endAt;
    return to === null ? [] : [{ kind, from, to: Math.max(from, to), isRunning: next === null && end === null }];
  });
  return { number: retries + 1, isRedelivered, worker, spans, end, exception };
}

/** Moments on the axis, seconds after its beginning: at most `most`, at round distances. */
export function toTicks(lengthS: number, most: number): number[] {
  const steps = [
    ...[1, 2, 5].flatMap((n) => [n / 1e4, n / 1e3, n / 100, n / 10, n]),
    ...[10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400],
  ].sort((a, b) => a - b);
  const step = steps.find((each) => lengthS / each <= most) ?? Math.ceil(lengthS / most / 86_400) * 86_400;
  return Array.from({ length: Math.floor(lengthS / step + 1e-9) + 1 }, (_, n) => n * step);
}
