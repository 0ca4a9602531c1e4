import { describe, expect, it } from 'vitest';
import { conditionsOf, withCondition, withoutCondition } from '../../server/language/conditions.ts';
import { printCondition, printQuery } from '../../server/language/print-query.ts';
import type { Condition } from '../../server/language/query.ts';
import { readQuery } from '../../server/language/read-query.ts';

const read = (text: string) => readQuery(text, { now: 0 });
const condition = (text: string) => read(text).where as Condition;

describe('the conditions of a search', () => {
  it('are what all have to hold', () => {
    const conditions = conditionsOf(read('mail (state:A OR name:b) -c sort:name'));
    expect(conditions.map(printCondition)).toEqual(['mail', 'state:A OR name:b', '-c']);
  });

  it('are one where there are alternatives, and none in an empty search', () => {
    expect(conditionsOf(read('a OR b'))).toHaveLength(1);
    expect(conditionsOf(read('sort:name'))).toEqual([]);
  });

  it.each([
    ['', 'state:FAILURE', 'state:FAILURE'],
    ['mail sort:name', 'state:FAILURE', 'mail state:FAILURE sort:name'],
    ['a OR b', 'state:FAILURE', '(a OR b) state:FAILURE'],
    ['mail state:FAILURE', 'state:failure', 'mail state:FAILURE'],
    ['mail', 'a b', 'mail a b'],
  ])('of %j become more by %s', (text, added, expected) => {
    expect(printQuery(withCondition(read(text), condition(added)))).toBe(expected);
  });

  it.each([
    ['mail state:FAILURE sort:name', 'state:FAILURE', 'mail sort:name'],
    ['(a OR b) c', 'a OR b', 'c'],
    ['a OR b', 'a OR b', ''],
    ['mail', 'other', 'mail'],
  ])('of %j become fewer without %s', (text, removed, expected) => {
    expect(printQuery(withoutCondition(read(text), condition(removed)))).toBe(expected);
  });
});

describe('the canonical text', () => {
  it.each([
    ['  a   and  b ', 'a b'],
    ['((a) or (b c))', 'a OR b c'],
    ['(a OR b) AND c', '(a OR b) c'],
    ['NOT (a OR b)', '-(a OR b)'],
    ['-(NOT a)', 'a'],
    ['-name:a,b', '-name:a,b'],
    ['name:a OR name:b*', 'name:a,b*'],
    ['state:retry OR x OR state:failure,retry', 'state:RETRY,FAILURE OR x'],
    ['"plain"', 'plain'],
    ['"two words"', '"two words"'],
    ['"and"', '"and"'],
    ['"name:x"', '"name:x"'],
    ['"-x"', '"-x"'],
    ['name:"x*"', 'name:"x*"'],
    ['name:"my task"*', 'name:"my task"*'],
    ['kwargs:"a b".c="d e"', 'kwargs:"a b".c="d e"'],
    ['kwargs:x=', 'kwargs:x=""'],
    [String.raw`"a\"b\\c"`, String.raw`"a\"b\\c"`],
    ['sort:-RUNTIME a', 'a sort:-runtime'],
  ])('of %j is %s', (text, expected) => {
    expect(printQuery(read(text))).toBe(expected);
  });
});
