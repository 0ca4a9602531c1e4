import type { TaskBody } from '../../../server/contract/tasks.ts';
import { toPythonRepr } from '../../../server/python/plain-python.ts';
import { readPythonRepr } from '../../../server/python/python-repr.ts';
import { toRerunDraft } from './rerun.ts';

/** A text to take along, and what one has to know of it. */
export interface Snippet {
  text: string;
  note: string | null;
}

type Called = Pick<TaskBody, 'uuid' | 'name' | 'args' | 'kwargs'>;

/** Sends the same task through the API. `base`: where Herbarium is; `queue`: null when nobody told. */
export function toCurl(task: Called, queue: string | null, base: string): Snippet {
  const { args, kwargs } = toRerunDraft(task);
  const problem = args.problem ?? kwargs.problem;
  if (task.name === null || problem !== null) {
    const address = new URL(`api/task/retry/${encodeURIComponent(task.uuid)}`, base).href;
    const note = problem ?? 'no event told its name';
    return { text: `curl -X POST ${quoteShell(address)}`, note: `Arguments have to be given: ${note}.` };
  }
  const address = new URL(`api/task/send-task/${encodeURIComponent(task.name)}`, base).href;
  const place = queue === null ? '' : `, "queue": ${JSON.stringify(queue)}`;
  const body = `{"args": ${args.text}, "kwargs": ${kwargs.text}${place}}`;
  const text = `curl -X POST ${quoteShell(address)} \\\n  -H 'Content-Type: application/json' \\\n  -d ${quoteShell(body)}`;
  return { text, note: null };
}

/** The same as a call in Python; a value that has no literal stands there as it was printed. */
export function toPythonCall(task: Called, queue: string | null): Snippet {
  const args = toLiteral(task.args, '()');
  const kwargs = toLiteral(task.kwargs, '{}');
  const lines = [
    toPythonRepr({ type: 'str', value: task.name ?? '', cut: false }),
    ...(args.text === '()' || args.text === '[]' ? [] : [`args=${args.text}`]),
    ...(kwargs.text === '{}' ? [] : [`kwargs=${kwargs.text}`]),
    ...(queue === null ? [] : [`queue=${toPythonRepr({ type: 'str', value: queue, cut: false })}`]),
  ];
  const line = `app.send_task(${lines.join(', ')})`;
  const text = line.length <= 88 ? line : `app.send_task(\n${lines.map((each) => `    ${each},\n`).join('')})`;
  return { text, note: args.problem ?? kwargs.problem };
}

function toLiteral(repr: string | null, empty: string): { text: string; problem: string | null } {
  if (repr === null) return { text: empty, problem: 'Its arguments were not seen.' };
  const read = readPythonRepr(repr);
  if (!read.ok) return { text: repr, problem: 'Its arguments are no Python literal.' };
  if (read.truncated) return { text: repr, problem: 'Its arguments were cut: fill in what is missing.' };
  const text = toPythonRepr(read.value);
  const problem = hasObject(text) ? 'Some of its arguments are objects.' : null;
  return { text, problem };
}

/** `<object at 0x…>` outside of strings. */
function hasObject(text: string): boolean {
  return /</.test(text.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, ''));
}

function quoteShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
