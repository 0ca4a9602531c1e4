/**
 * In: tasks, chunk by chunk. Out: their text in a format, piece by piece, at the pace at which it is read. Pure: it opens
 * no file and knows no request, and no more than one chunk is in memory at a time.
 */
import type { ExportFormat } from '../contract/search.ts';
import type { TaskBody, TaskField } from '../contract/tasks.ts';
import { toCsv } from './csv.ts';

export interface ExportOptions {
  format: ExportFormat;
  /** Which fields, in which order; all of them unless told. A task without one has null, or in CSV an empty cell. */
  columns?: readonly TaskField[];
}

type Chunks<T> = AsyncIterable<T[]>;

export function toExportText(tasks: Chunks<TaskBody>, { format, columns }: ExportOptions): AsyncIterable<string> {
  switch (format) {
    case 'ndjson':
      return toNdjson(pick(tasks, columns));
    case 'json':
      return toJson(pick(tasks, columns));
    case 'csv':
      return toCsv(tasks, columns);
  }
}

export const mediaTypes: Record<ExportFormat, string> = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
};

/** `herbarium-tasks-20261120T091500Z.csv`. `at`: epoch seconds. */
export function toFileName(format: ExportFormat, at: number): string {
  const time = new Date(at * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
  return `herbarium-tasks-${time}.${format}`;
}

async function* pick(tasks: Chunks<TaskBody>, columns: readonly TaskField[] | undefined): Chunks<object> {
  for await (const chunk of tasks) {
    yield columns
      ? chunk.map((task) => Object.fromEntries(columns.map((field) => [field, task[field] ?? null])))
      : chunk;
  }
}

async function* toNdjson(chunks: Chunks<object>): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    if (chunk.length > 0) yield chunk.map((task) => `${JSON.stringify(task)}\n`).join('');
  }
}

/** One array, a task a line. */
async function* toJson(chunks: Chunks<object>): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    yield separator + chunk.map((task) => JSON.stringify(task)).join(',\n');
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}
