/** Conditions, and events of tasks for them to find: few different words, so that most conditions find something. */
import fc from 'fast-check';
import type { TaskEvent } from '../../server/celery/event.ts';
import {
  numberFields,
  sortKeys,
  textFields,
  timeFields,
  type Bound,
  type Condition,
} from '../../server/language/query.ts';
import type { SearchSort } from '../../server/query/search.ts';
import { uuidOf } from './batches.ts';

const start = 1_700_000_000;
const words = [
  'order',
  'Invoice',
  'ÜBER',
  'straße',
  '完了しました',
  'a',
  'id',
  '👍👍👍',
  "it's",
  '100%',
  'x_y',
  'ΟΔΟΣ',
  'ab',
];
const names = ['shop.charge', 'Shop.charge', 'shop.mail.send', 'tasks.über', '任务', '🌸.bloom'];
const workers = ['w1@alpha', 'w2@beta', 'W1@Alpha'];
const queues = ['celery', 'Slow', 'mail'];

const word = fc.constantFrom(...words);
const phrase = fc.array(word, { minLength: 1, maxLength: 3 }).map((each) => each.join(' '));
/** Few different ones, so that there are ties. */
const moment = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 8 }).map((n) => n + 0.5),
);

interface Draft {
  n: number;
  at: number;
  subjects: string[];
  fields: Record<string, unknown>;
  parent: number | null;
  root: number | null;
}

const draft = (tasks: number): fc.Arbitrary<Draft> =>
  fc.record({
    n: fc.integer({ min: 0, max: tasks }),
    at: moment,
    subjects: fc.subarray(['sent', 'received', 'started', 'retried', 'failed', 'succeeded', 'revoked', 'progress'], {
      minLength: 1,
      maxLength: 3,
    }),
    fields: fc.record(
      {
        name: fc.constantFrom(...names),
        args: phrase.map((text) => `('${text}',)`),
        kwargs: fc.tuple(word, phrase, fc.nat(9)).map(([key, value, id]) => `{'${key}': '${value}', 'id': ${id}}`),
        result: phrase.map((text) => `'${text}'`),
        // Some so close together that they have one sketch.
        runtime: fc.constantFrom(0, 0.25, 1, 2.5, 2.5001, 2.5002, 2.5003),
        retries: fc.nat(3),
        exception: fc
          .tuple(fc.constantFrom('ValueError', 'KeyError', 'odd'), phrase)
          .map(([type, text]) => `${type}('${text}')`),
        traceback: phrase,
        queue: fc.constantFrom(...queues),
        exchange: fc.constantFrom('', 'jobs'),
        routing_key: fc.constantFrom('', 'mail'),
        hostname: fc.constantFrom(...workers),
      },
      { requiredKeys: [] },
    ),
    parent: fc.option(fc.nat(tasks)),
    root: fc.option(fc.nat(tasks)),
  });

/** Batches of events of at most so many tasks; events of one task come in several of them, some late. */
export const history = (tasks: number, batches: number): fc.Arbitrary<TaskEvent[][]> =>
  fc
    .array(
      fc.array(draft(tasks), { minLength: Math.ceil(tasks / batches), maxLength: Math.ceil((2 * tasks) / batches) }),
      {
        minLength: batches,
        maxLength: batches,
      },
    )
    .map((all) => all.map((drafts, batch) => drafts.flatMap((each) => toEvents(each, batch))));

/** Time goes on with the batches, by less than the events of one spread. */
function toEvents({ n, at, subjects, fields, parent, root }: Draft, batch: number): TaskEvent[] {
  const ids = { parent_id: parent === null ? null : uuidOf(parent), root_id: root === null ? null : uuidOf(root) };
  return subjects.map((subject, i) => ({
    hostname: workers[n % 2]!,
    clock: n + i,
    pid: 1,
    ...ids,
    ...fields,
    uuid: uuidOf(n),
    type: `task-${subject}`,
    timestamp: start + batch * 20 + at + i * 0.25,
  }));
}

const bound = (value: fc.Arbitrary<number>): fc.Arbitrary<Bound> => fc.record({ value, inclusive: fc.boolean() });
const bounds = (value: fc.Arbitrary<number>) =>
  fc
    .tuple(fc.option(bound(value)), fc.option(bound(value)))
    .filter(([from, to]) => from !== null || to !== null)
    .map(([from, to]) => ({ from, to }));

const part = fc
  .tuple(
    fc.constantFrom(...words, ...names, ...workers, ...queues, 'ValueError', 'SUCCESS', uuidOf(17)),
    fc.nat(6),
    fc.nat(8),
  )
  .map(([text, from, length]) => [...text].slice(from, from + length + 1).join('') || text)
  .chain((text) => fc.constantFrom(text, text.toUpperCase(), text.toLowerCase()));
const pattern = fc.constantFrom(
  'shop.*',
  '*.CHARGE',
  'shop.charge',
  '*',
  '*o*a*',
  'w1@alpha',
  '*ALPHA',
  'slow',
  '任*',
  'x*',
);

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('text' as const), field: fc.constantFrom(...textFields), text: part }),
  },
  fc.record({ kind: fc.constant('pattern' as const), field: fc.constantFrom('name', 'worker', 'queue'), pattern }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('state' as const),
      states: fc.subarray(['SUCCESS', 'FAILURE', 'PENDING', 'RECEIVED', 'PROGRESS', 'success', 'NEVER'], {
        minLength: 1,
      }),
    }),
  },
  fc.record({
    kind: fc.constant('related' as const),
    field: fc.constantFrom('root', 'parent'),
    id: fc.nat(40).map(uuidOf),
  }),
  fc.record({
    kind: fc.constant('kwarg' as const),
    path: fc.constantFrom('id', 'order', 'Invoice').map((key) => [key]),
    value: fc.oneof(fc.nat(9).map(String), phrase),
  }),
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...timeFields),
        bounds(moment.chain((at) => fc.nat(6).map((batch) => start + batch * 20 + at))),
      )
      .map(([field, range]): Condition => ({ kind: 'range', field, ...range })),
  },
  fc
    .tuple(fc.constantFrom(...numberFields), bounds(fc.constantFrom(0, 0.25, 1, 2, 2.5, 5)))
    .map(([field, range]): Condition => ({ kind: 'range', field, ...range })),
);

export const condition: fc.Arbitrary<Condition> = fc.letrec<{ node: Condition }>((tie) => {
  const parts = fc.array(tie('node'), { minLength: 1, maxLength: 3 });
  return {
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.record({ kind: fc.constantFrom('and', 'or'), parts }),
      fc.record({ kind: fc.constant('not' as const), part: tie('node') }),
    ),
  };
}).node;

export const sort: fc.Arbitrary<SearchSort> = fc.record({
  key: fc.constantFrom(...sortKeys, 'timestamp' as const),
  descending: fc.boolean(),
});
