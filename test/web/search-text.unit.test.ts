import { describe, expect, it } from 'vitest';
import { isOldAddress, readSearchText, readView, toPageQuery } from '../../web/src/models/search-address.ts';
import {
  receivedOf,
  splitSearch,
  standingOf,
  statesOf,
  toggleState,
  toggleValue,
  toPartText,
  toRangeText,
  withoutPart,
  withPart,
  withQualifier,
  withSort,
} from '../../web/src/models/search-text.ts';

const texts = (text: string) => splitSearch(text).map((part) => part.text);

describe('a search, condition by condition', () => {
  it('comes apart where all have to hold, with each as it was typed', () => {
    expect(texts('state:FAILURE  AND -name:"a b" (x OR y) NOT z sort:-runtime')).toEqual([
      'state:FAILURE',
      '-name:"a b"',
      '(x OR y)',
      'NOT z',
      'sort:-runtime',
    ]);
    expect(texts('')).toEqual([]);
  });

  it('keeps alternatives together, so that a further condition holds for all of them', () => {
    expect(texts('mail OR invoice 7 sort:name')).toEqual(['(mail OR invoice 7)', 'sort:name']);
    expect(withPart('mail OR invoice', 'state:FAILURE')).toBe('(mail OR invoice) state:FAILURE');
  });

  it('does not fall over what is no search', () => {
    expect(texts('(mail')).toEqual(['(mail']);
    expect(texts('mail ) "x')).toEqual(['mail', ')', '"x']);
  });

  it('keeps a relative time relative when another condition changes', () => {
    expect(toggleValue('received:>1h mail', 'state', 'FAILURE', 'in')).toBe('received:>1h mail state:FAILURE');
  });

  it('gets a new condition before its order, and the same one only once', () => {
    expect(withPart('mail sort:name', 'state:RETRY')).toBe('mail state:RETRY sort:name');
    expect(withPart('STATE:retry', 'state:RETRY')).toBe('STATE:retry');
    expect(withoutPart('mail state:RETRY', 'state:RETRY')).toBe('mail');
  });

  it('has one order and one state chosen at a time', () => {
    expect(withQualifier('state:RETRY,LOST x', 'state', 'state:FAILURE')).toBe('x state:FAILURE');
    expect(withQualifier('-state:RETRY x', 'state', null)).toBe('-state:RETRY x');
    expect(withSort('x sort:name', { key: 'runtime', descending: true })).toBe('x sort:-runtime');
    expect(withSort('x sort:name', null)).toBe('x');
  });
});

describe('a value', () => {
  it('is asked for with a click, left out with another kind, and free again with the same', () => {
    expect(toggleValue('', 'name', 'a b', 'in')).toBe('name:"a b"');
    expect(toggleValue('name:"a b"', 'name', 'a b', 'out')).toBe('-name:"a b"');
    expect(toggleValue('-name:"a b"', 'name', 'a b', 'out')).toBe('');
    expect(standingOf('-name:"a b" x', 'name', 'a b')).toBe('out');
    expect(standingOf('name:ab', 'name', 'a')).toBeNull();
  });

  it('stands in quotes where it would mean something else', () => {
    expect(toPartText('worker', 'a,b@host')).toBe('worker:"a,b@host"');
  });
});

it('knows the states that are asked for', () => {
  expect(statesOf('mail state:failure,RETRY')).toEqual(['FAILURE', 'RETRY']);
  expect(statesOf('-state:FAILURE')).toEqual([]);
});

it('writes a range of time as the server reads it, its end left out', () => {
  expect(toRangeText('received', 1_795_000_020, 1_795_000_080)).toBe('received:2026-11-18T11:07Z..<2026-11-18T11:08Z');
  expect(toRangeText('received', null, null)).toBeNull();
  expect(receivedOf('mail received:>1h')).toBe('received:>1h');
});

it('takes states that are chosen one after the other for alternatives', () => {
  expect(toggleState('mail', 'FAILURE')).toBe('mail state:FAILURE');
  expect(toggleState('state:FAILURE mail', 'RETRY')).toBe('mail state:FAILURE,RETRY');
  expect(toggleState('state:FAILURE,RETRY', 'FAILURE')).toBe('state:RETRY');
  expect(toggleState('state:RETRY sort:-runtime', 'RETRY')).toBe('sort:-runtime');
});

describe('the address', () => {
  const read = (query: string) => readSearchText(new URLSearchParams(query));

  it('holds the search, and how it is shown where somebody chose that', () => {
    expect(read(toPageQuery('args:"hello world" a+b').toString())).toBe('args:"hello world" a+b');
    expect(toPageQuery('').toString()).toBe('');
    const view = { live: false, columns: ['state', 'name'] };
    const query = toPageQuery(' mail ', view);
    expect(query.toString()).toBe('q=mail&live=off&columns=state%2Cname');
    expect(readView(query)).toEqual(view);
    expect(readView(new URLSearchParams('q=x&live=maybe'))).toEqual({ live: null, columns: null });
  });

  it('is understood in its old words, which become conditions', () => {
    expect(read('state=failure&taskname=shop.mail.send')).toBe('state:FAILURE name:shop.mail.send');
    expect(read('q=x&state=ALL&worker=%20&workername=a@host')).toBe('x worker:a@host');
    expect(isOldAddress(new URLSearchParams('state=FAILURE'))).toBe(true);
    expect(isOldAddress(new URLSearchParams('q=state:FAILURE'))).toBe(false);
  });
});
