import { describe, expect, it } from 'vitest';
import type { Task } from '../../server/domain/task.ts';
import type { Condition } from '../../server/language/query.ts';
import { readQuery } from '../../server/language/read-query.ts';
import { matches } from '../../server/query/search/matches.ts';
import { sampleTask } from '../helpers/samples.ts';

const now = Date.UTC(2026, 10, 20, 9) / 1000;

const failed: Partial<Task> = {
  uuid: 'a3b1c8de-1111-4222-8333-444455556666',
  name: 'tasks.mail.Send',
  state: 'FAILURE',
  sent: now - 3600,
  received: now - 3590,
  started: now - 3580,
  succeeded: null,
  failed: now - 3500,
  timestamp: now - 3500,
  args: "('Ada Lovelace', 5)",
  kwargs: "{'customer': {'id': 7, 'city': 'New York'}, 'dry': True}",
  result: null,
  runtime: null,
  retries: 2,
  exception: "ConnectionError('refused ΟΔΟΣ')",
  traceback: 'Traceback: only here',
  queue: 'mail',
  worker: 'celery@Web-1',
  rootId: 'root-1',
  parentId: 'parent-1',
};

function isFound(text: string, changes: Partial<Task> = {}): boolean {
  const { where } = readQuery(text, { now });
  return where === null || matches(sampleTask({ ...failed, ...changes }), where);
}

describe('a task that never started is found', () => {
  it.each(['runtime:>=0', 'runtime:<100', 'wait:>=0'])('not by %s, nor by less', (text) => {
    expect(isFound(text, { started: null })).toBe(false);
    expect(isFound(`-${text}`, { started: null })).toBe(true);
  });
});

describe('a task is found', () => {
  it.each([
    'ada',
    'LOVELACE',
    'a3b1',
    'tasks.mail',
    'failure',
    'web-1',
    'refused',
    'οδος',
    "'customer'",
    '"Ada Lovelace"',
    'ada refused',
    'nobody OR ada',
    '-nobody',
    'NOT (ada nobody)',
    '""',
    'name:MAIL',
    'name:tasks.*.send',
    'name:*',
    'name:nobody,send',
    'worker:*@web-1',
    'queue:mail',
    'queue:m*l',
    'args:lovelace',
    'exception:connectionerror',
    'traceback:"only here"',
    'traceback:""',
    'state:FAILURE',
    'state:RETRY,failure',
    'root:root-1',
    'parent:parent-1',
    'kwargs:dry',
    'kwargs:dry=True',
    'kwargs:customer.id=7',
    'kwargs:customer.city="New York"',
    'retries:2',
    'retries:>=2',
    'retries:1..2',
    'runtime:80s',
    'runtime:>1m',
    'wait:20s',
    'wait:>19s',
    'received:>24h',
    'received:<30m',
    'received:today',
    'received:2026-11-20',
    'finished:2026-11-19..2026-11-20',
    'started:2026-11-20T08:00..',
  ])('by %s', (text) => {
    expect(isFound(text)).toBe(true);
    expect(isFound(`-(${text})`)).toBe(false);
  });

  it.each([
    'nobody',
    '"only here"',
    'ada nobody',
    '-ada',
    'name:tasks.*.sen',
    'name:asks.*',
    'name:send*send',
    'args:refused',
    'result:""',
    'result:a',
    'state:FAIL',
    'root:root',
    'root:ROOT-1',
    'parent:a3b1c8de-1111-4222-8333-444455556666',
    'kwargs:dry=true',
    'kwargs:customer.city="new york"',
    'kwargs:city="New York"',
    'runtime:<80s',
    'runtime:>80s',
    'retries:<2',
    'wait:<20s',
    'received:<24h',
    'received:yesterday',
    'received:>2026-11-20',
    'finished:..2026-11-19',
  ])('not by %s', (text) => {
    expect(isFound(text)).toBe(false);
  });

  it.each([
    ["{'note': 'it\\'s \"so\"'}", `it's "so"`],
    ["{'note': 'C:\\dir Grüße\n& <b>'}", 'C:\\dir Grüße\n& <b>'],
    ['{"note": "C:\\\\dir Gr\\u00fc\\u00dfe\\n& <b>"}', 'C:\\dir Grüße\n& <b>'],
    ["{'note': [1, 'ada@example.com', {'a b': None}]}", "[1, 'ada@example.com', {'a b': None}]"],
    ['{"note": "x\\u003cy"}', 'x<y'],
  ])('by a keyword argument that %s shows as it is or not', (kwargs, value) => {
    const condition: Condition = { kind: 'kwarg', path: ['note'], value };
    expect(matches(sampleTask({ kwargs }), condition)).toBe(true);
    expect(matches(sampleTask({ kwargs }), { kind: 'kwarg', path: ['note'], value: `${value} ` })).toBe(false);
  });

  it('as its own root when it started the workflow', () => {
    expect(isFound('root:u1', { uuid: 'u1', rootId: null })).toBe(true);
    expect(isFound('root:u1', { uuid: 'u1', rootId: 'u0' })).toBe(false);
  });

  it('but not as its own child after a retry, which names it as its parent', () => {
    expect(isFound('parent:u1', { uuid: 'u1', parentId: 'u1' })).toBe(false);
  });

  it('by when it was sent while no worker has received it', () => {
    expect(isFound('received:2026-11-20', { received: null, started: null, failed: null, state: 'PENDING' })).toBe(
      true,
    );
  });

  it('by the time of its end, not of an earlier attempt', () => {
    expect(isFound('finished:today', { state: 'RETRY' })).toBe(false);
  });
});

describe("Flower's own examples", () => {
  const task = {
    args: "('hello world', 'foo')",
    kwargs: "{'foo': 'bar', 'kwarg1': 1, 'kwarg2': 22, 'kwarg3': '345'}",
    result: "'resval'",
  };

  it.each([
    'foo',
    'args:foo',
    'kwargs:foo=bar',
    'result:resval',
    'state:FAILURE',
    'args:"hello world"',
    '    resval  ',
    'kwargs:kwarg1=1',
    'kwargs:kwarg3=345',
    'kwargs:kwarg1=1 kwargs:kwarg2=22',
    'kwargs:kwarg1="1"',
    'args:hello args:foo',
  ])('%s finds what it should', (text) => {
    expect(isFound(text, task)).toBe(true);
  });

  it.each(['kwargs:kwarg1=2', 'kwargs:kwarg2=2', 'kwargs:foo=', 'kwargs:foo=ba', 'args:arg2', 'state:SUCCESS'])(
    '%s does not find it',
    (text) => {
      expect(isFound(text, task)).toBe(false);
    },
  );
});
