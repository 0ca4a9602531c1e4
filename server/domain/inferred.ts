/**
 * What no event of a worker told, but a worker or the result backend did when asked, or what follows from a silence.
 *
 * In: `task-inferred` events of our own, which say from which source they know. Out: facts, the latest of each source (a
 * join, as everything about a task), and the task with what they teach: an observed value always comes first. A task
 * remembers what was observed where an inferred value stands in, so that it can be joined with more events later.
 */
import type { TaskEvent } from '../celery/event.ts';
import { compare, toCount, toNumber, toText } from './fields.ts';
import type { Task } from './task.ts';

/** Where a fact comes from: a list that a worker gave when asked, the result backend, or nobody's knowing of the task. */
export const inferenceSources = ['active', 'reserved', 'scheduled', 'revoked', 'result', 'lost'] as const;
export type InferenceSource = (typeof inferenceSources)[number];

const texts = [
  'name',
  'args',
  'kwargs',
  'eta',
  'exchange',
  'routingKey',
  'worker',
  'result',
  'exception',
  'traceback',
] as const;
const taughtFields = [...texts, 'retries', 'started'] as const;
const decidedFields = ['state', 'timestamp', 'succeeded', 'failed', 'revoked'] as const;

type TaughtField = (typeof taughtFields)[number];
/** A field of a task whose value may be inferred. */
export type InferableField = TaughtField | (typeof decidedFields)[number];

/** What one source said. Only what it did say is there. */
export type InferredFact = Partial<Pick<Task, TaughtField>> & {
  /** Since when it is known to be so; epoch seconds. */
  readonly at: number;
  readonly state: string;
};

export interface InferredFacts {
  /** The latest of each source. */
  readonly facts: Readonly<Partial<Record<InferenceSource, InferredFact>>>;
  /** The fields of the task that hold an inferred value, with what was observed there. */
  readonly shown: Readonly<Partial<Pick<Task, InferableField>>>;
}

/** The sender of events that no worker and no client sent. No node of Celery's has a name without an `@`. */
export const ownHostname = 'herbarium';

/** Whether an event is one of our own, and no custom event of the same type. */
export function isInferred(event: { readonly type: string; readonly hostname: string }): boolean {
  return event.type === 'task-inferred' && event.hostname === ownHostname;
}

/** What an event of our own says; null when it names no source that we know. */
export function inferredOf(event: TaskEvent): InferredFacts | null {
  const source = inferenceSources.find((each) => each === event.source);
  const state = source && stateOf(source, event.state);
  if (source === undefined || state === undefined) return null;
  return { facts: { [source]: readFact(event, state) }, shown: {} };
}

/** The latest fact of each source. Commutative, associative and idempotent. */
export function mergeInferred(a: InferredFacts | null, b: InferredFacts | null): InferredFacts | null {
  if (a === null || b === null) return a ?? b;
  const facts: Partial<Record<InferenceSource, InferredFact>> = {};
  for (const source of inferenceSources) {
    const fact = laterFact(a.facts[source], b.facts[source]);
    if (fact) facts[source] = fact;
  }
  return { facts, shown: {} };
}

/** The task as it was observed, which is what can be joined. */
export function toObserved(task: Task): Task {
  return task.inferred === null ? task : { ...task, ...task.inferred.shown };
}

/** Fills in what the facts teach. `task` is as observed, with its state decided, and is changed in place. */
export function addInferred(task: Task): Task {
  if (task.inferred === null) return task;
  const { facts } = task.inferred;
  const shown: Partial<Pick<Task, InferableField>> = {};
  const show = (values: Partial<Pick<Task, InferableField>>): void => {
    for (const field of Object.keys(values) as InferableField[]) {
      if (task[field] !== values[field]) Object.assign(shown, { [field]: task[field] });
    }
    Object.assign(task, values);
  };
  const decided = decide(task, facts);
  if (decided) show(decided);
  for (const fact of latestFirst(facts)) {
    const isOutcome = fact.state === task.state;
    const news = taughtFields.filter(
      (field) => fact[field] !== undefined && task[field] === null && (isOutcome || !outcomeFields.has(field)),
    );
    show(Object.fromEntries(news.map((field) => [field, fact[field]])));
  }
  task.inferred = { facts, shown };
  return task;
}

/** What says how a task ended: of a result that gave way to an observed end of another kind they are not shown. */
const outcomeFields: ReadonlySet<string> = new Set(['result', 'exception', 'traceback']);

/** The fields of a task whose value was inferred, state first. */
export function listInferred(task: Task): InferableField[] {
  const shown = task.inferred?.shown ?? {};
  return [...decidedFields, ...taughtFields].filter((field) => field in shown);
}

const ends = ['SUCCESS', 'FAILURE', 'REVOKED'];

function stateOf(source: InferenceSource, told: unknown): string | undefined {
  switch (source) {
    case 'active':
      return 'STARTED';
    case 'reserved':
    case 'scheduled':
      return 'RECEIVED';
    case 'revoked':
      return 'REVOKED';
    case 'lost':
      return 'LOST';
    case 'result':
      return ends.find((end) => end === told);
  }
}

function readFact(event: TaskEvent, state: string): InferredFact {
  const at = toNumber(event.timestamp) ?? 0;
  const fact: Partial<Pick<Task, TaughtField>> = {};
  for (const field of texts) {
    const text = toText(field === 'routingKey' ? event.routing_key : event[field]);
    if (text !== null) fact[field] = text;
  }
  const retries = toCount(event.retries);
  if (retries !== null) fact.retries = retries;
  const started = toNumber(event.started);
  if (started !== null) fact.started = started;
  return { at, state, ...fact };
}

function laterFact(a: InferredFact | undefined, b: InferredFact | undefined): InferredFact | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  // Written in one order of fields, so that two of one moment are told apart by their content.
  return (compare(a.at, b.at) || compare(JSON.stringify(a), JSON.stringify(b))) < 0 ? b : a;
}

/** Facts of one moment in the order of {@link inferenceSources}, for sorting is stable. */
function latestFirst(facts: InferredFacts['facts']): InferredFact[] {
  return inferenceSources.flatMap((source) => facts[source] ?? []).sort((a, b) => b.at - a.at);
}

type Decided = Pick<Task, 'state' | 'timestamp'> & Partial<Pick<Task, InferableField>>;

/**
 * The state that facts give, and what goes with it; null: the observed one stands. An observed end is never touched. Of
 * what was learnt an end comes first; anything else counts until something later is observed.
 */
function decide(task: Task, facts: InferredFacts['facts']): Decided | null {
  if (ends.includes(task.state)) return null;
  const { active, reserved, scheduled, revoked, result, lost } = facts;
  if (result) return toEnd(result);
  const [seen] = latestFirst({ active, reserved, scheduled });
  const seenAt = Math.max(task.timestamp, seen?.at ?? -Infinity);
  if (revoked && revoked.at > seenAt) return toEnd(revoked);
  if (lost && lost.at > seenAt) return { state: lost.state, timestamp: lost.at };
  if (!seen || seen.at <= task.timestamp || !lifts(seen.state, task.state)) return null;
  return { state: seen.state, timestamp: seen.started ?? seen.at };
}

function toEnd({ state, at, exception = null, traceback = null }: InferredFact): Decided {
  const end = { state, timestamp: at };
  if (state === 'SUCCESS') return { ...end, succeeded: at };
  // An error is shown whole: that of a retry gives way to the one that ended the task.
  return state === 'FAILURE' ? { ...end, failed: at, exception, traceback } : { ...end, revoked: at };
}

/** Whether being seen in `state` is more than what was observed. A custom state is one of a running task. */
function lifts(state: string, observed: string): boolean {
  return ['PENDING', 'RETRY', 'REJECTED', ...(state === 'STARTED' ? ['RECEIVED'] : [])].includes(observed);
}
