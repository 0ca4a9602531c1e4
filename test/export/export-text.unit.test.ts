import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { taskFields, type TaskBody } from '../../server/contract/tasks.ts';
import { toExportText, toFileName, type ExportOptions } from '../../server/export/export-text.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { sampleTask } from '../helpers/samples.ts';

async function textOf(options: ExportOptions, ...chunks: TaskBody[][]): Promise<string> {
  const source = (async function* () {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  })();
  let text = '';
  for await (const piece of toExportText(source, options)) text += piece;
  return text;
}

const task = (changes: Parameters<typeof sampleTask>[0] = {}, children: string[] = []): TaskBody =>
  toTaskBody(sampleTask(changes), children);
const cell = async (changes: Parameters<typeof sampleTask>[0], field: 'args' | 'received' | 'runtime') =>
  (await textOf({ format: 'csv', columns: [field] }, [task(changes)])).split('\r\n').slice(1, -1).join('\r\n');

it('knows every field of a task', () => {
  const whole = toTaskBody(sampleTask({ inferred: { state: 1 } as never }), []);
  const fields = new Set([...Object.keys(whole), 'worker', 'inferred']);
  expect([...taskFields].sort()).toEqual([...fields].sort());
});

describe('an export', () => {
  const tasks = [task({ uuid: 'a' }, ['x', 'y']), task({ uuid: 'b', worker: null, name: 'line\nbreak "é"' })];

  it('as ndjson is a task a line', async () => {
    const text = await textOf({ format: 'ndjson' }, [tasks[0]!], [], [tasks[1]!]);
    const lines = text.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(tasks);
  });

  it('as json is one array', async () => {
    expect(JSON.parse(await textOf({ format: 'json' }, [], [tasks[0]!], [tasks[1]!]))).toEqual(tasks);
  });

  it('as csv has a line of names, and reads back as what it was', async () => {
    const rows: Record<string, string>[] = parse(await textOf({ format: 'csv' }, [tasks[0]!], [tasks[1]!]), {
      columns: true,
    });
    expect(Object.keys(rows[0]!)).toEqual([...taskFields]);
    expect(rows[0]).toMatchObject({ uuid: 'a', received: '1970-01-01T00:16:39.000000Z', runtime: '0.75' });
    expect(rows[0]).toMatchObject({ children: '["x","y"]', failed: '', args: '(2, 2)' });
    expect(rows[1]).toMatchObject({ uuid: 'b', worker: '', name: 'line\nbreak "é"' });
  });

  it.each([
    ['ndjson', ''],
    ['json', '[]\n'],
    ['csv', 'uuid,name\r\n'],
  ] as const)('of nothing is %s all the same', async (format, text) => {
    expect(await textOf({ format, columns: ['uuid', 'name'] })).toBe(text);
  });

  it('has the columns asked for, in their order, and null for what a task has not', async () => {
    const options = { columns: ['worker', 'uuid'] as const };
    expect(await textOf({ format: 'ndjson', ...options }, [tasks[1]!])).toBe('{"worker":null,"uuid":"b"}\n');
    expect(await textOf({ format: 'csv', ...options }, [tasks[1]!])).toBe('worker,uuid\r\n,b\r\n');
  });

  it('is named after its time', () => {
    expect(toFileName('csv', 1_795_154_400.9)).toBe('herbarium-tasks-20261120T060000Z.csv');
  });
});

describe('a cell of a csv', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['\rx', '"\'\rx"'],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ['a=1', 'a=1'],
    ['say "x", y', '"say ""x"", y"'],
    ['a\nb', '"a\nb"'],
    ['', ''],
    [' =1', ' =1'],
  ])('that is %j is written as %j', async (args, expected) => {
    expect(await cell({ args }, 'args')).toBe(expected);
  });

  it('has times to the microsecond, and numbers as numbers', async () => {
    expect(await cell({ received: 1_795_154_400.123456 }, 'received')).toBe('2026-11-20T06:00:00.123456Z');
    expect(await cell({ received: 1_795_154_399.999_999_8 }, 'received')).toBe('2026-11-20T06:00:00.000000Z');
    expect(await cell({ received: 1e300 }, 'received')).toBe('1e+300');
    expect(await cell({ runtime: -0.25 }, 'runtime')).toBe('-0.25');
  });
});
