import { describe, expect, it } from 'vitest';
import { readPythonConfig } from '../../server/config/python-config.ts';

const isOption = (name: string) => ['basic_auth', 'port', 'logging'].includes(name);
const read = (source: string) => readPythonConfig(source, isOption);
const toValues = (source: string) => {
  const { assignments, problems } = read(source);
  expect(problems).toEqual([]);
  return Object.fromEntries(assignments.map(({ name, value }) => [name, value]));
};
const toLines = (source: string) => read(source).problems.map(({ line }) => line);

describe('a flowerconfig.py', () => {
  it('is read as people write them', () => {
    const source = `# -*- coding: utf-8 -*-
"""Flower of the shop.

See the manual.
"""

# RabbitMQ management api
broker_api = 'http://guest:guest@localhost:15672/api/'

# Enable debug logging
logging = 'DEBUG'
port=5555 ; address = "0.0.0.0"   # everywhere
max_tasks = 100_000
persistent = True
purge_offline_workers: int = 3600
inspect_timeout = 1e3
state_save_interval = -0.5
url_prefix = None

basic_auth = [
    "admin:secret",  # the boss
    'guest:guest#1',
]
auth = r'.*@example\\.com'
tasks_columns = ("name,uuid,state,"
                 "args,kwargs")
db = '/var/lib/' \\
     'flower'
task_runtime_metric_buckets = 0.5, 1, float_ish,
`.replace('float_ish', '5.0');
    expect(toValues(source)).toEqual({
      broker_api: 'http://guest:guest@localhost:15672/api/',
      logging: 'DEBUG',
      port: 5555,
      address: '0.0.0.0',
      max_tasks: 100_000,
      persistent: true,
      purge_offline_workers: 3600,
      inspect_timeout: 1000,
      state_save_interval: -0.5,
      url_prefix: null,
      basic_auth: ['admin:secret', 'guest:guest#1'],
      auth: '.*@example\\.com',
      tasks_columns: 'name,uuid,state,args,kwargs',
      db: '/var/lib/flower',
      task_runtime_metric_buckets: [0.5, 1, 5],
    });
  });

  it.each<[string, unknown]>([
    [`x = 'it\\'s'`, "it's"],
    [`x = "tab\\there"`, 'tab\there'],
    [`x = '\\x41\\u00e9\\U0001F33C\\101'`, 'Aé🌼A'],
    [`x = '.*@example\\.com'`, '.*@example\\.com'],
    [`x = r'a\\nb'`, 'a\\nb'],
    [`x = u'ü'`, 'ü'],
    [`x = """one\ntwo"""`, 'one\ntwo'],
    [`x = '''a "quoted" 'word' '''`, `a "quoted" 'word' `],
    [`x = ''`, ''],
    [`x = 'a' 'b' + "c"`, 'abc'],
    [`x = ('a')`, 'a'],
    [`x = ('a',)`, ['a']],
    [`x = ()`, []],
    [`x = []`, []],
    [`x = [1, [2, (3,)],]`, [1, [2, [3]]]],
    [`x = {'a': 1, "b": [True, None], 3: {}}`, { a: 1, b: [true, null], 3: {} }],
    [`x = 0x1F`, 31],
    [`x = +5`, 5],
    [`\uFEFFx = 1`, 1],
    [`x = 1\nx = 2`, 2],
    [`x = 'a;b#c'`, 'a;b#c'],
    [`x = 1\r\n`, 1],
  ])('%s', (source, expected) => {
    expect(toValues(source)).toEqual({ x: expected });
  });
});

describe('what would have to be run', () => {
  it.each([
    "x = os.environ['PORT']",
    "x = os.getenv('PORT', 5555)",
    "x = f'{user}:{password}'",
    'x = [f"admin:{p}"]',
    'x = y',
    'x = 60 * 60',
    "x = ','.join(['a'])",
    'x = [i for i in range(3)]',
    "x = b'bytes'",
    'x = {1, 2}',
    'x = y = 1',
    'x += 1',
    'x: int',
    'a, b = 1, 2',
    'config.port = 1',
    "x['a'] = 1",
    'print("x")',
    'if True:\n  x = 1',
    'x = lambda: 1',
    'x =',
    'x = [1, 2',
    'x = 1)',
    "x = 'open",
    'x = """open',
    "x = 'a' +",
    'x = 1 2',
    'x = [1 2]',
    '@decorated',
  ])('is a problem of its line: %s', (source) => {
    expect(toLines(`port = 1\n${source}`)).toEqual([2]);
  });

  it('is reported once for a whole function, and the rest is still read', () => {
    const { assignments, problems } = read(
      'def format_task(task):\n    task.args = None\n\n    return task\n\nport = 80\nx = y\n',
    );
    expect(problems.map(({ line }) => line)).toEqual([1, 7]);
    expect(problems[0]?.message).toBe('"def" is not a plain assignment, name = value');
    expect(assignments).toEqual([{ name: 'port', value: 80, line: 6 }]);
  });

  it('never comes with a word of the file', () => {
    for (const source of ["x = f'hunter2'", "x = 'hunter2", 'x = hunter2()', 'hunter2(x)', "x = 'a' 1 'hunter2'"]) {
      for (const { message } of read(source).problems) expect(message).not.toContain('hunter2');
    }
  });
});

describe('imports', () => {
  it('are passed over when they cannot set an option', () => {
    const { problems, skippedImports } = read(
      'import os\nimport logging\nfrom typing import Optional\nport: Optional[int] = 1\n',
    );
    expect([problems, skippedImports]).toEqual([[], [1, 2, 3]]);
  });

  it.each([
    'from secret import basic_auth',
    'from x import (a,\n  basic_auth)',
    'from x import y as port',
    'from x import *',
    'import x as port',
  ])('are a problem when they can: %s', (source) => {
    expect(toLines(source)).toEqual([1]);
  });
});
