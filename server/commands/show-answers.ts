import { toKeptAnswer, type Redact } from '../control/shown-answer.ts';
import { inspectionFields } from '../contract/workers.ts';
import type { ControlAnswer } from '../control/remote-control.ts';
import { toAnswerTable } from './answer-table.ts';
import type { CommandIo } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { toCleanText, toTableOptions, toTextTable } from './text-table.ts';
import { writeAll } from './use-tasks.ts';

export interface Shown {
  /** As it was typed. */
  name: string;
  asJson: boolean;
  timeoutS: number;
  destination: readonly string[] | null;
  redact: Redact;
}

/** Shows what workers answered, without their secrets, and says what a shell is to be told of it. */
export async function showAnswers(
  answers: ReadonlyMap<string, ControlAnswer>,
  { name, asJson, timeoutS, destination, redact }: Shown,
  io: CommandIo,
): Promise<number> {
  const silent = (destination ?? []).filter((worker) => !answers.has(worker));
  for (const worker of silent) io.stderr.write(`${toCleanText(worker)} did not answer within ${timeoutS} s\n`);
  if (answers.size === 0) {
    if (destination === null) io.stderr.write(`No worker answered within ${timeoutS} s.\n`);
    return exitCodes.noAnswer;
  }
  const shown = new Map<string, unknown>();
  let hasFailed = false;
  for (const [worker, answer] of [...answers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hasFailed ||= !answer.ok;
    if (asJson) shown.set(worker, answer.ok ? hideSecrets(name, answer.value, redact) : { error: answer.error });
    else if (answer.ok) shown.set(worker, hideSecrets(name, answer.value, redact));
    else io.stderr.write(`${toCleanText(worker)}: ${toCleanText(answer.error)}\n`);
  }
  if (asJson) await writeAll(io, [`${JSON.stringify(Object.fromEntries(shown))}\n`]);
  else await writeAll(io, toTexts(name, shown, io));
  return hasFailed ? exitCodes.failed : exitCodes.ok;
}

function toTexts(name: string, answers: ReadonlyMap<string, unknown>, io: CommandIo): string[] {
  if (answers.size === 0) return [];
  if (name === 'report') return [...answers].map(([worker, answer]) => toReport(worker, answer));
  const { columns, rows } = toAnswerTable(name, answers);
  const workers = answers.size === 1 ? 'one worker' : `${answers.size} workers`;
  if (rows.length === 0) {
    io.stderr.write(`nothing, says ${workers}\n`);
    return [];
  }
  return [toTextTable(columns, rows, toTableOptions(io))];
}

function toReport(worker: string, answer: unknown): string {
  const text = (answer as { ok?: unknown } | null)?.ok;
  const lines = (typeof text === 'string' ? text : JSON.stringify(answer)).trim().split('\n');
  return `${toCleanText(worker)}\n${lines.map((line) => `  ${toCleanText(line)}\n`).join('')}`;
}

/** As in what the server shows of workers. */
function hideSecrets(name: string, value: unknown, redact: Redact): unknown {
  const kept = inspectionFields.find((each) => each === name);
  if (kept !== undefined) return toKeptAnswer(kept, value, redact).value;
  if (name !== 'query_task' || typeof value !== 'object' || value === null) return value;
  // By id a state, and the task as in the list of those that run.
  const hide = (task: unknown): unknown => (toKeptAnswer('active', [task], redact).value as unknown[])[0];
  const entries = Object.entries(value).map(([id, found]: [string, unknown]) => [
    id,
    Array.isArray(found) ? [found[0], hide(found[1])] : found,
  ]);
  return Object.fromEntries(entries) as unknown;
}
