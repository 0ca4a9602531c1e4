import { describe, expect, it } from 'vitest';
import { readTaskResult } from '../../server/celery/task-result.ts';
import { toPythonText } from '../../server/celery/python-text.ts';
import { readPythonRepr } from '../../server/python/python-repr.ts';
import { readCapture } from '../helpers/captures.ts';

const stored = (version: string, backend: string) =>
  new Map(
    readCapture(`results-redis-${version}`)
      .filter(
        (line) =>
          line.backend === backend && String(line.key).includes('celery-task-meta-') && typeof line.data === 'string',
      )
      .map((line) => [line.case as string, readTaskResult(line.data as string)]),
  );

describe.each(['5.6.3', '5.2.6'])('what Celery %s keeps in Redis', (version) => {
  const results = stored(version, 'redis');

  it('is read, whatever it is', () => {
    expect(results.size).toBeGreaterThan(10);
    for (const [, result] of results) expect(result).toMatchObject({ status: expect.any(String) as string });
  });

  it('says what came of a success, and when', () => {
    expect(results.get('int')).toMatchObject({ status: 'SUCCESS', result: '5', exception: null });
    expect(results.get('none')).toMatchObject({ status: 'SUCCESS', result: 'None' });
    expect(results.get('int')!.doneAt).toBeGreaterThan(1_795_000_000);
    expect(results.get('int')!.doneAt! % 1).not.toBe(0);
  });

  it('says what made it fail, as the event would', () => {
    const failures = [...results.values()].filter((result) => result?.status === 'FAILURE');
    expect(failures.length).toBeGreaterThan(1);
    for (const failure of failures) expect(failure).toMatchObject({ result: null });
    expect(failures.map((failure) => failure?.exception)).toContainEqual(expect.stringMatching(/^\w+\(.*\)$/));
    expect(failures.filter((failure) => failure?.traceback?.startsWith('Traceback')).length).toBeGreaterThan(0);
  });
});

it('takes name and worker of an extended record, and not its arguments', () => {
  const [extended] = [...stored('5.6.3', 'redis-extended').values()].filter((result) => result?.name);
  expect(extended).toMatchObject({ name: expect.stringContaining('.') as string, worker: expect.anything() as string });
  expect(extended).not.toHaveProperty('args');
});

it('reads a nested exception by its own name, and a time without offset as UTC', () => {
  const failure = { exc_type: 'Outer.NestedError', exc_message: ["it's", 7], exc_module: 'x' };
  const record = { status: 'FAILURE', result: failure, traceback: null, date_done: '2026-11-20T05:14:57.341254' };
  expect(readTaskResult(JSON.stringify(record))).toMatchObject({
    exception: "NestedError('it\\'s', 7)",
    doneAt: Date.UTC(2026, 10, 20, 5, 14, 57) / 1000 + 0.341254,
  });
});

it('takes nothing for a record that is none', () => {
  for (const text of ['', 'null', '[1]', '{"state": "SUCCESS"}', '\u0080\u0005pickle']) {
    expect(readTaskResult(text)).toBeNull();
  }
});

describe('a value as Python shows it', () => {
  it.each([
    [null, 'None'],
    [true, 'True'],
    [12345678901234567890n, '12345678901234567890'],
    [-1.5, '-1.5'],
    ["it's", "'it\\'s'"],
    [[], '[]'],
    [[1, 'a', { b: [null] }], "[1, 'a', {'b': [None]}]"],
    [[[[[1]]]], '[[[[...]]]]'],
    [Infinity, 'inf'],
  ])('%o is %s', (value, text) => {
    expect(toPythonText(value)).toBe(text);
  });

  it('is cut where it is long, and stays readable', () => {
    const long = toPythonText({ list: Array.from({ length: 1000 }, (_, n) => n), text: 'x'.repeat(5000) });
    expect(long.length).toBeLessThan(1100);
    expect(readPythonRepr(long)).toMatchObject({ ok: true, truncated: true });
    expect(toPythonText('x'.repeat(5000)).length).toBeLessThan(1030);
  });
});
