/** One way in which a task or worker of ours ends up different from Celery's own `celery.events.state`, on purpose. */
export interface Difference {
  readonly id: string;
  /** What it shows in. */
  readonly what: string;
  readonly celery: string;
  readonly ours: string;
  readonly why: string;
}

/**
 * Every difference there is: recorded streams of real clusters are replayed in test/domain, and what does not follow
 * from this table fails there.
 */
export const differences = [
  {
    id: 'real-timestamps',
    what: 'every time of an event from another time zone',
    celery: 'shifts timestamps by whole hours, the difference between the two UTC offsets',
    ours: 'keeps timestamps as sent',
    why: 'a timestamp is Unix time already; the shift puts the events of a worker at UTC+5:30 six hours into the future',
  },
  {
    id: 'latest-by-time',
    what: 'times, message fields, error, result, client and worker of a task whose events arrived out of order',
    celery: 'the event that arrived last wins',
    ours: 'the event that was made last wins',
    why: 'a batch, a second broker or a reconnect reorders events, and the stored task must not depend on it',
  },
  {
    id: 'received-over-sent',
    what: 'name, args, kwargs, eta, expires, root and parent when `task-sent` arrives after `task-received`',
    celery: 'overwrites them with what the client said',
    ours: 'a received message describes itself; what the client said counts until then',
    why: 'the two race to the broker, and only the worker knows the name (a shadow name, for one) the task runs under',
  },
  {
    id: 'highest-retries',
    what: 'retries',
    celery: 'the number in the last `task-sent` or `task-received` to arrive',
    ours: 'the highest number seen',
    why: 'retries are only ever added',
  },
  {
    id: 'ends-stay',
    what: 'state and timestamp of an ended task when `task-retried` of an earlier run arrives late',
    celery: 'RETRY replaces any state, and any state replaces RETRY: a finished task ends as STARTED, or PENDING',
    ours: 'SUCCESS, then FAILURE, then REVOKED win over everything, in any order of arrival',
    why: 'a late or clock-skewed retry must not hide a failure, nor keep a finished task open for ever',
  },
  {
    id: 'rejection-closes-run',
    what: 'state and timestamp of a rejected task',
    celery: 'REJECTED ranks below STARTED and RECEIVED, so a task rejected while it ran stays STARTED',
    ours: 'REJECTED, until something later than the rejection happens',
    why: 'the worker has given the task back: nothing runs',
  },
  {
    id: 'runs-by-time',
    what: 'state and timestamp of a task between a retry and its next run',
    celery: 'whatever arrives after `task-retried` replaces RETRY, be it older',
    ours: 'RETRY, until the task is received, started or reports a state of its own at a later time',
    why: 'an event of the run before must not look like the next run; and being sent again is what a retry is',
  },
  {
    id: 'revoked-over-custom',
    what: 'state and timestamp of a revoked task that reported a custom state',
    celery: 'ranks custom states above REVOKED',
    ours: 'REVOKED ranks above custom states',
    why: 'a revoked task is over',
  },
  {
    id: 'timestamp-of-state',
    what: 'timestamp',
    celery: 'a late event that does not change the state leaves its own timestamp',
    ours: 'when the event that decided the state was made',
    why: 'Celery keeps the timestamp of the state too, and then copies all fields of the late event, timestamp included',
  },
  {
    id: 'highest-clock',
    what: 'the Lamport clock of a task',
    celery: "that of the last event to arrive, which for `task-sent` is the receiver's own clock less one",
    ours: 'the highest clock that a sender put into an event of the task',
    why: "a receiver's own clock says when it was started, not what happened",
  },
  {
    id: 'error-is-whole',
    what: 'exception and traceback',
    celery: 'each on its own from the last event that has one: a failure without traceback keeps the one of a retry',
    ours: 'both from the failure, or, without one, both from the latest retry',
    why: 'a traceback that belongs to another exception misleads',
  },
  {
    id: 'fields-by-subject',
    what: 'fields of a task',
    celery: 'every event sets every field it carries: a custom event with a `name` renames its task',
    ours: "each field comes from the subjects that define it; a custom event's own fields stay in the stored event",
    why: 'users choose the fields of custom events, and may choose ours by accident',
  },
  {
    id: 'fields-have-types',
    what: 'fields of the wrong type',
    celery: 'kept as they came',
    ours: 'text fields become text (JSON where they are structures); numbers that are none become null',
    why: 'a column, a sort order and a page need one type',
  },
  {
    id: 'worker-by-time',
    what: 'pid, clock, freq, counts, load and software of a worker whose events arrived out of order',
    celery: 'the event that arrived last wins',
    ours: 'the online, heartbeat or offline event that was made last wins; counts and load: the last that carries them',
    why: 'as latest-by-time',
  },
  {
    id: 'elections-say-nothing',
    what: 'pid and clock of a worker after `worker-elect` or `worker-elect-ack`, or a custom event of group `worker`',
    celery: 'takes all fields of custom events; takes some of an election before it raises an error',
    ours: 'these events are signs of life, no descriptions',
    why: "a custom event may come from a pool child, with that child's pid and none of the other fields",
  },
  {
    id: 'stop-stays',
    what: 'whether a worker is alive after `worker-offline`',
    celery:
      'task events that follow revive it, and an offline event that arrives late silences a worker that came back',
    ours: 'dead until an online or heartbeat event that was made after the offline event',
    why: 'offline is sent when a warm shutdown begins; what its last tasks report is no sign of a worker to come',
  },
  {
    id: 'life-by-own-clock',
    what: 'whether a worker known by task events is alive',
    celery: "a task event counts as a heartbeat at the sender's time, shifted by the time zone",
    ours: 'every sign of life counts at the moment we received it',
    why: 'a worker whose clock is an hour ahead would look alive for an hour after its end',
  },
  {
    id: 'unknown-stops-are-kept',
    what: 'a worker first heard of by `worker-offline`',
    celery: 'forgotten at once',
    ours: 'kept, as stopped',
    why: 'what came in is kept, and the outcome must not depend on which event came first',
  },
] as const satisfies readonly Difference[];

export type DifferenceId = (typeof differences)[number]['id'];
