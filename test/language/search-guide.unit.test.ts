import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../server/domain/task.ts';
import { printQuery } from '../../server/language/print-query.ts';
import { sortKeys } from '../../server/language/query.ts';
import { QueryError } from '../../server/language/query-error.ts';
import { readQuery } from '../../server/language/read-query.ts';
import { matches } from '../../server/query/search/matches.ts';
import { sampleTask } from '../helpers/samples.ts';

const guide = readFileSync(new URL('../../docs/search.md', import.meta.url), 'utf8');
const [accepted = '', refused = ''] = guide.split('## What is refused');
const rows = (text: string): [string, string][] =>
  [...text.matchAll(/^\| `(.+?)` +\| (.*?) +\|$/gm)].map(([, search = '', meaning = '']) => [search, meaning]);

const utc = (text: string): number => Date.parse(text) / 1000;
const now = utc('2026-11-01T13:00:00Z');

/** Every search in the guide finds some of these tasks, and not others. */
const tasks: Task[] = [
  sampleTask({
    uuid: 'a3b1c8de',
    name: 'tasks.mail.send',
    state: 'FAILURE',
    args: `('hello world', 'say "hi"', 7)`,
    kwargs: "{'customer_id': '4711', 'customer': {'id': 7}, 'full name': 'Ada King', 'dry_run': True}",
    result: null,
    exception: "ValueError('mail timeout, not now, see http://x')",
    traceback: 'File "mail.py", line 12',
    worker: 'celery@web-1',
    queue: 'mail',
    rootId: null,
    parentId: null,
    retries: 3,
    sent: utc('2026-11-01T10:20:00Z'),
    received: utc('2026-11-01T10:30:20Z'),
    started: utc('2026-11-01T10:30:25Z'),
    succeeded: null,
    failed: utc('2026-11-02T00:00:00Z'),
    runtime: null,
  }),
  sampleTask({ name: 'tasks.invoice', args: '(7,)', kwargs: "{'customer_id': 4712}", result: "'ok'", runtime: 45 }),
  sampleTask({ name: 'tasks.child', parentId: 'a3b1c8de', rootId: 'a3b1c8de', received: utc('2026-11-01T11:30:00Z') }),
  sampleTask({ name: 'tasks.old', uuid: 'old', args: '()', state: 'RETRY', runtime: null, retries: 0 }),
];

describe('the guide to searches', () => {
  it.each(rows(accepted))('says what %s finds', (search) => {
    const { where, sort } = readQuery(search, { now });
    const found = where === null ? tasks : tasks.filter((task) => matches(task, where));
    expect(found.length).toBeGreaterThan(0);
    if (where !== null) expect(found.length).toBeLessThan(tasks.length);
    expect(readQuery(printQuery({ where, sort }), { now: now + 1 })).toEqual({ where, sort });
  });

  it.each(rows(refused))('says why %s is refused', (search, message) => {
    expect(() => readQuery(search, { now })).toThrow(QueryError);
    expect(() => readQuery(search, { now })).toThrow(message);
  });

  it('has examples for every qualifier, and every key to sort by', () => {
    const words = `name args kwargs result traceback exception state worker queue uuid root parent
      runtime wait retries received started finished sort`.split(/\s+/);
    for (const word of words) expect(accepted).toContain(`\`${word}:`.replace('`sort', ' sort'));
    for (const key of sortKeys) expect(accepted).toMatch(new RegExp(`Keys are[^.]*\\b${key}\\b`));
  });
});
