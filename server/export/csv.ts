import { stringify } from 'csv-stringify/sync';
import { taskFields, timeFields, type TaskBody, type TaskField } from '../contract/tasks.ts';

/**
 * CSV of RFC 4180, in UTF-8, under a line of names. Times are ISO 8601 in UTC, to the microsecond; lists are JSON. What
 * a spreadsheet would take for a formula, as it begins with = + - @, a tab or a carriage return, has a ' before it:
 * arguments and results are written by whoever can send a task.
 */
export async function* toCsv(
  tasks: AsyncIterable<TaskBody[]>,
  columns: readonly TaskField[] = taskFields,
): AsyncGenerator<string> {
  yield toLines([[...columns]]);
  for await (const chunk of tasks) {
    if (chunk.length > 0) yield toLines(chunk.map((task) => columns.map((field) => toCell(field, task[field]))));
  }
}

type Cell = string | number | null;

function toLines(rows: Cell[][]): string {
  return stringify(rows, { record_delimiter: '\r\n', quote_record_delimiter: true, escape_formulas: true });
}

function toCell(field: TaskField, value: TaskBody[TaskField]): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return timeFields.has(field) ? toIsoTime(value) : value;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `2026-11-20T06:00:00.123456Z`: a `Date` knows milliseconds only. */
function toIsoTime(epochSeconds: number): string {
  const microseconds = Math.round(epochSeconds * 1e6);
  const date = new Date(Math.floor(microseconds / 1e6) * 1000);
  // A worker may say anything: what no calendar holds stays a number.
  if (Number.isNaN(date.getTime())) return String(epochSeconds);
  const fraction = String(((microseconds % 1e6) + 1e6) % 1e6).padStart(6, '0');
  return date.toISOString().replace('.000Z', `.${fraction}Z`);
}
