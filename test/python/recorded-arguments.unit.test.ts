import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { toPythonJson } from '../../server/python/python-json-text.ts';
import { toPythonText, toPythonTupleText } from '../../server/celery/python-text.ts';
import { readPythonValues } from '../../server/celery/python-json.ts';
import { readRecordedArgs, readRecordedKwargs, type Recorded } from '../../server/python/recorded-arguments.ts';

function read<T>(recorded: Recorded<T>): T {
  if (!recorded.ok) throw new Error(recorded.why);
  return recorded.value;
}

describe('recorded arguments', () => {
  it.each([
    ['()', '[]'],
    ['(1, 2.0, -3)', '[1, 2.0, -3]'],
    ["[60, 'fern']", '[60, "fern"]'],
    ['(12345678901234567890,)', '[12345678901234567890]'],
    ["({'a': [None, True, {'b': 'x'}]},)", '[{"a": [null, true, {"b": "x"}]}]'],
  ])('%s are read back as they were', (repr, json) => {
    expect(toPythonJson(read(readRecordedArgs(repr)))).toBe(json);
  });

  it('survive the way from JSON to the event and back', () => {
    const values = fc.jsonValue({ maxDepth: 1, stringUnit: fc.constantFrom('a', 'ž', ' ', '1', '🐴') });
    fc.assert(
      fc.property(fc.array(values, { maxLength: 4 }), (args) => {
        const json = toPythonJson(args);
        const repr = toPythonTupleText(readPythonValues(json) as unknown[]);
        if (repr.includes('...')) return;
        expect(JSON.parse(toPythonJson(read(readRecordedArgs(repr))))).toEqual(JSON.parse(json));
      }),
    );
  });

  it.each([
    [null, /no event told them/],
    ['(1, ...)', /cut \(Celery keeps 1024/],
    ["('xxxx...', ...)", /cut/],
    ['({...},)', /cut/],
    ["('a', 'b… [cut: 12,000 characters]", /too long to be stored whole/],
    ["({'password': '[redacted]'},)", /redacted/],
    ['(***)', /no Python literal|no list/],
    ['((1, 2),)', /JSON cannot carry a tuple: \(1, 2\)/],
    ['({1, 2},)', /JSON cannot carry a set: \{1, 2\}/],
    ["(b'x',)", /JSON cannot carry bytes: b'x'/],
    ['(datetime.datetime(2024, 2, 29, 0, 0),)', /no plain value: datetime.datetime\(2024/],
    ['({1: 2},)', /a dict with a key that is no text: 1/],
    ['(<object at 0x7f>,)', /no plain value/],
    ['7', /no list of arguments/],
  ])('%s are refused, with the reason', (repr, reason) => {
    expect(() => read(readRecordedArgs(repr))).toThrow(reason);
  });
});

test('keyword arguments are read by the same rules', () => {
  expect(read(readRecordedKwargs("{'customer_id': 4711, 'tags': ['a']}"))).toEqual({ customer_id: 4711, tags: ['a'] });
  expect(() => read(readRecordedKwargs("{'at': (1,)}"))).toThrow(/^JSON cannot carry a tuple/);
  expect(toPythonText(readPythonValues('{"x": 2.0}'))).toBe("{'x': 2.0}");
});
