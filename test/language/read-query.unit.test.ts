import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printQuery } from '../../server/language/print-query.ts';
import { QueryError } from '../../server/language/query-error.ts';
import { readQuery } from '../../server/language/read-query.ts';
import { suggestAt } from '../../server/language/suggest.ts';
import { toTokens } from '../../server/language/tokens.ts';
import { query, trickyText } from '../helpers/arbitrary-queries.ts';

/** Friday, 20 November 2026, 09:00 in UTC. */
const now = Date.UTC(2026, 10, 20, 9) / 1000;

function errorOf(text: string): QueryError {
  try {
    readQuery(text, { now });
  } catch (error) {
    if (error instanceof QueryError) return error;
    throw error;
  }
  throw new Error(`${text} is a search`);
}

const any = (text: string) => ({ kind: 'text', field: 'any', text });
const text = (field: string, text: string) => ({ kind: 'text', field, text });
const state = (...states: string[]) => ({ kind: 'state', states });
const and = (...parts: object[]) => ({ kind: 'and', parts });
const or = (...parts: object[]) => ({ kind: 'or', parts });
const not = (part: object) => ({ kind: 'not', part });
const kwarg = (path: string[], value: string) => ({ kind: 'kwarg', path, value });

describe('a search', () => {
  it.each([
    // Words and quotes.
    ['', null],
    ['  \t', null],
    ['foo', any('foo')],
    ['  foo ', any('foo')],
    ['foo bar', and(any('foo'), any('bar'))],
    ['"foo bar"', any('foo bar')],
    ['foo" bar"baz', any('foo barbaz')],
    ['""', any('')],
    [String.raw`"say \"hi\""`, any('say "hi"')],
    [String.raw`"C:\\temp\new"`, any(String.raw`C:\temp\new`)],
    [String.raw`C:\temp\new`, any(String.raw`C:\temp\new`)],
    ['x', any('x')],
    ["'x'", any("'x'")],
    // What is no qualifier is a word.
    ['http://x', any('http://x')],
    ['customer:4711', any('customer:4711')],
    ['"state:FAILURE"', any('state:FAILURE')],
    ['a,b', any('a,b')],
    ['a*', any('a*')],
    // AND, OR, NOT and parentheses.
    ['a AND b', and(any('a'), any('b'))],
    ['a and b And c', and(any('a'), any('b'), any('c'))],
    ['a OR b', or(any('a'), any('b'))],
    ['a b OR c', or(and(any('a'), any('b')), any('c'))],
    ['a (b or c)', and(any('a'), or(any('b'), any('c')))],
    ['a(b)c', and(any('a'), any('b'), any('c'))],
    ['((a))', any('a')],
    ['a OR (b OR c)', or(any('a'), any('b'), any('c'))],
    ['"AND"', any('AND')],
    ['-a', not(any('a'))],
    ['NOT a', not(any('a'))],
    ['not a b', and(not(any('a')), any('b'))],
    ['-(a b)', not(and(any('a'), any('b')))],
    ['NOT -a', any('a')],
    ['-"a b"', not(any('a b'))],
    ['-state:FAILURE', not(state('FAILURE'))],
    ['-', any('-')],
    ['--verbose', any('--verbose')],
    ['a-b', any('a-b')],
    // Qualifiers.
    ['name:mail', text('name', 'mail')],
    ['Name:mail', text('name', 'mail')],
    ['args:"hello world"', text('args', 'hello world')],
    ['args:1,2', text('args', '1,2')],
    ['args:-5', text('args', '-5')],
    ['traceback:""', text('traceback', '')],
    ['uuid:a3b1', text('uuid', 'a3b1')],
    ['name:tasks.mail.*', { kind: 'pattern', field: 'name', pattern: 'tasks.mail.*' }],
    ['name:"tasks.*"', text('name', 'tasks.*')],
    ['worker:*@web-1', { kind: 'pattern', field: 'worker', pattern: '*@web-1' }],
    ['name:a,b', or(text('name', 'a'), text('name', 'b'))],
    ['name:"a,b"', text('name', 'a,b')],
    ['state:failure', state('FAILURE')],
    ['state:FAILURE,RETRY', state('FAILURE', 'RETRY')],
    ['state:FAILURE OR state:RETRY OR x', or(state('FAILURE', 'RETRY'), any('x'))],
    ['state:PROGRESS', state('PROGRESS')],
    ['root:abc', { kind: 'related', field: 'root', id: 'abc' }],
    ['parent:abc', { kind: 'related', field: 'parent', id: 'abc' }],
    // Keyword arguments.
    ['kwargs:4711', text('kwargs', '4711')],
    ['kwargs:id=4711', kwarg(['id'], '4711')],
    ['kwargs:customer.id=7', kwarg(['customer', 'id'], '7')],
    ['kwargs:"customer.id"=7', kwarg(['customer.id'], '7')],
    ['kwargs:city="New York"', kwarg(['city'], 'New York')],
    ['kwargs:formula=a=b', kwarg(['formula'], 'a=b')],
    ['kwargs:"a=b"', text('kwargs', 'a=b')],
    ['kwargs:empty=', kwarg(['empty'], '')],
  ])('%s is understood', (source, where) => {
    expect(readQuery(source, { now })).toEqual({ where, sort: null });
  });

  it.each([
    ['sort:runtime', null, { key: 'runtime', descending: false }],
    ['a sort:-runtime', any('a'), { key: 'runtime', descending: true }],
    ['sort:name a AND sort:-wait', any('a'), { key: 'wait', descending: true }],
    ['a OR b sort:state', or(any('a'), any('b')), { key: 'state', descending: false }],
  ])('%s says in which order', (source, where, sort) => {
    expect(readQuery(source, { now })).toEqual({ where, sort });
  });
});

describe('a text that is no search', () => {
  it.each([
    ['(a', 'Missing closing parenthesis at position 0.'],
    ['a (b (c)', 'Missing closing parenthesis at position 2.'],
    ['a)', 'Unexpected closing parenthesis at position 1.'],
    ['()', 'Unexpected closing parenthesis at position 1.'],
    ['a "b', 'Missing closing quote at position 2.'],
    ['a AND', 'Missing search term after AND at position 5.'],
    ['NOT', 'Missing search term after NOT at position 3.'],
    ['OR a', 'Unexpected OR at position 0.'],
    ['a AND OR b', 'Unexpected OR at position 6.'],
    ['state:', 'Missing value of state at position 6.'],
    ['state:A,,B', 'Missing value of state at position 8.'],
    ['state:""', 'Empty value of state at position 6.'],
    ['kwargs:=x', 'Missing key in kwargs at position 7.'],
    ['kwargs:a..b=x', 'Missing key in kwargs at position 9.'],
    ['sort:size', "Unknown sort key 'size' at position 5."],
    ['(a sort:name)', 'Unexpected sort in parentheses at position 3.'],
    ['-sort:name', 'Unexpected sort behind NOT at position 1.'],
    ['a OR sort:name', 'Unexpected sort beside OR at position 5.'],
    ['sort:name OR a', 'Unexpected sort beside OR at position 0.'],
    ['runtime:fast', "Invalid value 'fast' of runtime at position 8."],
    ['received:24h', "Invalid value '24h' of received at position 9."],
    ['runtime:5s..x', "Invalid value 'x' of runtime at position 8."],
    ['retries:>1.5', "Invalid value '1.5' of retries at position 8."],
    ['runtime:..', 'Missing bound of runtime at position 8.'],
    ['runtime:9..5', 'Range of runtime that ends before it begins at position 8.'],
    ['received:2026-02-30', "Invalid value '2026-02-30' of received at position 9."],
    ['((((((a))))))', 'Parentheses more than 5 deep at position 5.'],
    ['a '.repeat(129), 'Search of more than 128 words at position 256.'],
    ['a'.repeat(2049), 'Search longer than 2048 characters at position 2048.'],
  ])('%.40s is refused', (source, message) => {
    const error = errorOf(source);
    expect(error.message).toBe(message);
    expect(error.end).toBeLessThanOrEqual(source.length);
  });

  it('may be one only when its times are written out, which has to fit too', () => {
    const source = `received:${'9h..1h,'.repeat(100)}1h..now`;
    expect(errorOf(source).message).toContain('longer than 2048 characters with all times written out');
  });

  it('says what would be accepted', () => {
    expect(errorOf('sort:size').expected).toContain('runtime');
    expect(errorOf('received:5').expected).toContain('today or yesterday');
    expect(errorOf('(a').expected).toEqual([')']);
    expect(errorOf('retries:9..5').expected).toContain('a number such as 3, >=2 or 1..5');
  });
});

describe('every text', () => {
  const tricky = fc.array(trickyText, { maxLength: 60 }).map((parts) => parts.join(' ').slice(0, 2048));
  const anything = fc.oneof(tricky, fc.string({ maxLength: 2048, unit: 'binary' }), trickyText);

  it('is a search, or fails within itself', () => {
    fc.assert(
      fc.property(anything, (source) => {
        try {
          readQuery(source, { now });
        } catch (error) {
          if (!(error instanceof QueryError)) throw error;
          expect(error.at).toBeGreaterThanOrEqual(0);
          expect(error.end).toBeGreaterThanOrEqual(error.at);
          expect(error.end).toBeLessThanOrEqual(source.length);
          expect(error.message).toMatch(/ at position \d+\.$/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['"', '\\', '"\\', '-', '--', '(', ')', '.', ',', '*', '=', '1', '1s', '1.', '>', 'a"', ' a', 'or '])(
    'of nothing but %j takes no longer than others, whatever stands before it',
    (part) => {
      for (const start of ['', 'name:', 'state:', 'kwargs:', 'runtime:', 'received:', 'sort:', 'runtime:1..', '"']) {
        const source = start + part.repeat(2048).slice(0, 2048 - start.length);
        expect(() => readQuery(source, { now })).not.toThrow(RangeError);
        expect(toTokens(source).at(-1)?.end).toBe(2048);
        expect(suggestAt(source, 2048).span.end).toBe(2048);
      }
    },
  );

  it('that is a search has a canonical text that means the same', () => {
    fc.assert(
      fc.property(anything, (source) => {
        try {
          const meaning = readQuery(source, { now, zone: 'Asia/Kathmandu' });
          expect(readQuery(printQuery(meaning), { now: now + 1e6 })).toEqual(meaning);
        } catch (error) {
          if (!(error instanceof QueryError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('every meaning', () => {
  it('is read from its canonical text', () => {
    fc.assert(
      fc.property(query, (meaning) => {
        const source = printQuery(meaning);
        fc.pre(source.length <= 2048);
        let read;
        try {
          read = readQuery(source, { now });
        } catch (error) {
          fc.pre(!(error instanceof QueryError && /more than/.test(error.message)));
          throw error;
        }
        expect(read).toEqual(meaning);
        expect(printQuery(read)).toBe(source);
      }),
      { numRuns: 3000 },
    );
  });
});
