/** Searches of any shape, in the one form that each has, as `readQuery` makes them. */
import fc from 'fast-check';
import { allOf, anyOf, negate } from '../../server/language/conditions.ts';
import {
  numberFields,
  sortKeys,
  textFields,
  timeFields,
  type Bound,
  type Condition,
  type Query,
} from '../../server/language/query.ts';

const mixedText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'"\\()-,*=.:<> \u00a0\n', 'AND', 'or', 'not', 'name:', 'sort:', '..', 'x', 'é', '1', '\u0000'),
      fc.string({ maxLength: 3, unit: 'binary' }),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''));

/** Text with all that means something in the language, above all at its beginning. */
export const trickyText: fc.Arbitrary<string> = fc.oneof(
  mixedText,
  fc
    .tuple(fc.constantFrom('-', '--', 'Or', 'NOT', 'state:', 'x:', '"', '..', '>'), mixedText)
    .map((parts) => parts.join('')),
);

const someText = trickyText.filter((text) => text !== '');
/** Whole microseconds of the years 1970 to 9998. */
const time = fc.oneof(
  fc.integer({ min: 0, max: 253_370_764_799 }),
  fc.integer({ min: 0, max: 4_000_000_000_000_000 }).map((us) => us / 1e6),
);
const seconds = fc.oneof(fc.nat(1_000_000), fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }));
const count = fc.nat(1_000_000);

function range(
  fields: readonly Extract<Condition, { kind: 'range' }>['field'][],
  value: fc.Arbitrary<number>,
): fc.Arbitrary<Condition> {
  const bound = fc.record({ value: value.map((each) => each + 0), inclusive: fc.boolean() });
  return fc
    .tuple(fc.constantFrom(...fields), fc.option(bound), fc.option(bound))
    .map(([field, a, b]): Condition => ({ kind: 'range', field, ...inOrder(a, b) }));
}

function inOrder(a: Bound | null, b: Bound | null): { from: Bound | null; to: Bound | null } {
  if (a === null && b === null) return { from: { value: 0, inclusive: true }, to: null };
  if (a === null || b === null) return { from: a, to: b };
  if (a.value === b.value) return { from: { ...a, inclusive: true }, to: { ...b, inclusive: true } };
  return a.value < b.value ? { from: a, to: b } : { from: b, to: a };
}

export const leafCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), field: fc.constant('any' as const), text: trickyText }),
  fc.record({ kind: fc.constant('text' as const), field: fc.constantFrom(...textFields), text: trickyText }),
  fc.record({
    kind: fc.constant('pattern' as const),
    field: fc.constantFrom('name', 'worker', 'queue'),
    pattern: fc.tuple(trickyText, trickyText).map((parts) => parts.join('*')),
  }),
  fc.record({
    kind: fc.constant('state' as const),
    states: fc.uniqueArray(
      fc.oneof(
        fc.constantFrom('SUCCESS', 'FAILURE', 'RETRY'),
        someText.map((text) => text.toUpperCase()),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({ kind: fc.constant('related' as const), field: fc.constantFrom('root', 'parent'), id: someText }),
  fc.record({
    kind: fc.constant('kwarg' as const),
    path: fc.array(trickyText, { minLength: 1, maxLength: 3 }),
    value: trickyText,
  }),
  range(timeFields, time),
  range(
    numberFields.filter((field) => field !== 'retries'),
    seconds,
  ),
  range(['retries'], count),
);

const condition = fc.letrec<{ any: Condition }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leafCondition,
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((parts) => allOf(parts) as Condition),
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((parts) => anyOf(parts as [Condition, ...Condition[]])),
    tie('any').map(negate),
  ),
})).any;

export const query: fc.Arbitrary<Query> = fc.record({
  where: fc.option(condition),
  sort: fc.option(fc.record({ key: fc.constantFrom(...sortKeys), descending: fc.boolean() })),
});
