/** Events as a hostile or broken sender might make them: any field missing, null, huge or of the wrong type. */
import fc from 'fast-check';
import type { CeleryEvent, TaskEvent } from '../../server/celery/event.ts';
import { inferenceSources } from '../../server/domain/inferred.ts';

/** Few different values, so that most comparisons meet a tie, and now and then anything at all. */
const oddText = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>('a', 'b', 'B', '', null, undefined) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(NaN, -0, 1e300, true, 12345678901234567890n, [], {}, [1, { a: 2 }]),
  },
  { weight: 1, arbitrary: fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }) },
);
const oddNumber = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>(0, -0, 1, 2, 2.5, null, undefined) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(NaN, Infinity, -1, 1e300, 2 ** 53, '3', [], {}, 7n) },
);
const oddList = fc.oneof(fc.array(fc.constantFrom<unknown>(0, -0, 1.5, NaN, 'x'), { maxLength: 3 }), oddText);

/** Timestamps were checked when the event was read: numbers, but not necessarily sensible ones. */
const timestamp = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, -5, 1e18, NaN, Infinity) },
);
const hostname = fc.constantFrom('w1@a', 'w2@b');
const clock = fc.constantFrom(null, 0, 1, 2, -3, 1.5, 2 ** 60);

const taskSubjects = 'sent received started succeeded failed retried revoked rejected progress cancelled'.split(' ');
const taskType = fc.constantFrom(...taskSubjects.map((subject) => `task-${subject}`), 'task-', 'task-constructor');
const workerType = fc.constantFrom(
  ...'online heartbeat offline elect elect-ack note'.split(' ').map((subject) => `worker-${subject}`),
);

const texts = 'name args kwargs eta expires root_id parent_id result exception traceback queue exchange routing_key';
const taskFields = Object.fromEntries(texts.split(' ').map((field) => [field, oddText]));

const observedEvent: fc.Arbitrary<TaskEvent> = fc.record(
  {
    type: taskType,
    uuid: fc.constant('u'),
    hostname,
    timestamp,
    clock,
    retries: oddNumber,
    runtime: oddNumber,
    ...taskFields,
  },
  { requiredKeys: ['type', 'uuid', 'hostname', 'timestamp', 'clock'] },
);

/** What we infer ourselves, or what somebody sends in our name. */
const inferredFields = {
  source: fc.constantFrom<unknown>(...inferenceSources, ...inferenceSources, 'hearsay', 7),
  state: fc.constantFrom<unknown>('SUCCESS', 'FAILURE', 'REVOKED', 'BLOOMING', null),
  started: oddNumber,
  worker: oddText,
  retries: oddNumber,
  ...taskFields,
};

const inferredEvent: fc.Arbitrary<TaskEvent> = fc.record(
  {
    type: fc.constant('task-inferred'),
    uuid: fc.constant('u'),
    hostname: fc.constant('herbarium'),
    timestamp,
    clock: fc.constant(null),
    ...inferredFields,
  },
  { requiredKeys: ['type', 'uuid', 'hostname', 'timestamp', 'clock'] },
);

/** Events of one and the same task. */
export const taskEvent = fc.oneof({ weight: 3, arbitrary: observedEvent }, { weight: 1, arbitrary: inferredEvent });

const workerFields = {
  ...Object.fromEntries('pid freq active processed'.split(' ').map((field) => [field, oddNumber])),
  ...Object.fromEntries('sw_ident sw_ver sw_sys'.split(' ').map((field) => [field, oddText])),
  loadavg: oddList,
};

/** Events of one and the same worker, its tasks' included. */
export const workerEvent: fc.Arbitrary<CeleryEvent> = fc.oneof(
  fc.record(
    { type: workerType, hostname: fc.constant('w@h'), timestamp, clock, ...workerFields },
    { requiredKeys: ['type', 'hostname', 'timestamp', 'clock'] },
  ) as fc.Arbitrary<CeleryEvent>,
  taskEvent.map((event) => ({ ...event, hostname: 'w@h' })),
);

/** Two events of one moment that differ in at most one field each: what only a tie-break can tell apart. */
function nearTwins(types: readonly string[], fields: Record<string, unknown>): fc.Arbitrary<TaskEvent> {
  const value = fc.constantFrom<unknown>(1, 2, null);
  return fc
    .record({ type: fc.constantFrom(...types), field: fc.constantFrom(...Object.keys(fields)), value, hostname })
    .map(({ type, field, value, hostname }) => {
      const same = Object.fromEntries(Object.keys(fields).map((name) => [name, 1]));
      const odd = field === 'loadavg' && value !== null ? [1, value] : value;
      return { type, uuid: 'u', hostname, timestamp: 1, clock: 1, ...same, [field]: odd };
    });
}

export const twinTaskEvent = nearTwins(
  'sent received succeeded failed retried progress cancelled'.split(' ').map((subject) => `task-${subject}`),
  { ...taskFields, retries: oddNumber, runtime: oddNumber },
);

/** As above, of what was inferred, with now and then something observed. */
export const twinInferredEvent = fc.oneof(
  fc
    .tuple(nearTwins(['task-inferred'], inferredFields), fc.constantFrom(...inferenceSources), fc.constantFrom(1, 2))
    .map(([event, source, timestamp]) => ({ ...event, hostname: 'herbarium', source, timestamp, state: 'FAILURE' })),
  observedEvent,
);

export const twinWorkerEvent: fc.Arbitrary<CeleryEvent> = nearTwins(['worker-heartbeat', 'worker-offline'], {
  ...workerFields,
  clock,
}).map((event) => ({ ...event, hostname: 'w@h' }));
