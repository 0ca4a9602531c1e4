/**
 * In: tasks and the width of a terminal. Out: a table that fits it, in colours where they are wanted. What a worker sent
 * is shown and never obeyed: control characters, with which a terminal can be told things, are written out.
 */
import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { timeFields, type TaskBody, type TaskField } from '../contract/tasks.ts';

export interface TableOptions {
  columns: readonly TaskField[];
  /** In characters; undefined: as wide as it needs to be. */
  width?: number;
  colours: boolean;
}

export const tableColumns = ['received', 'state', 'name', 'args', 'kwargs', 'runtime', 'worker', 'uuid'] as const;

/** Of no use when they are cut. */
const rigidColumns: ReadonlySet<TaskField> = new Set([...timeFields, 'state', 'runtime', 'retries', 'clock']);

/** Between two columns. */
const gutter = '  ';
/** No column is narrower, whatever the terminal. */
const narrowest = 4;
/** More of one value than this fits no terminal. */
const longest = 500;

export function toTable(tasks: readonly Partial<TaskBody>[], { columns, width, colours }: TableOptions): string {
  const rows = tasks.map((task) =>
    columns.map((field) => clean(toCell(field, task[field]), width === undefined ? Infinity : longest)),
  );
  const natural = columns.map((name, i) => Math.max(stringWidth(name), ...rows.map((row) => stringWidth(row[i]!))));
  const rigid = natural.map((each, i) => (rigidColumns.has(columns[i]!) ? each : narrowest));
  const widths = width === undefined ? natural : fit(natural, rigid, width - gutter.length * (columns.length - 1));
  const style = (format: Style, text: string): string =>
    colours && format !== undefined ? styleText(format, text, { validateStream: false }) : text;
  const head = columns.map((name, i) => style('bold', pad(name, widths[i]!)));
  const body = rows.map((row) =>
    row.map((cell, i) => style(columns[i] === 'state' ? stateStyles[cell] : undefined, pad(cell, widths[i]!))),
  );
  return [head, ...body].map((row) => `${row.join(gutter).trimEnd()}\n`).join('');
}

type Style = Parameters<typeof styleText>[0] | undefined;

const stateStyles: Readonly<Record<string, Style>> = {
  SUCCESS: 'green',
  FAILURE: 'red',
  LOST: 'red',
  REJECTED: 'red',
  RETRY: 'yellow',
  REVOKED: 'yellow',
  STARTED: 'cyan',
};

/** Takes from the widest that is above its least width until all fit; what cannot fit stays too wide. */
function fit(natural: readonly number[], least: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let excess = widths.reduce((sum, width) => sum + width, 0) - room; excess > 0; excess--) {
    const widest = Math.max(...widths.filter((width, i) => width > least[i]!));
    if (widest === -Infinity) break;
    widths[widths.findIndex((width, i) => width === widest && width > least[i]!)] = widest - 1;
  }
  return widths;
}

function pad(text: string, width: number): string {
  const shown = stringWidth(text) > width ? cut(text, width) : text;
  return shown + ' '.repeat(Math.max(0, width - stringWidth(shown)));
}

const graphemes = new Intl.Segmenter();

/** The beginning that fits, with a … behind it; what a person sees as one sign is never cut in two. */
function cut(text: string, width: number): string {
  let shown = '';
  let room = width - 1;
  for (const { segment } of graphemes.segment(text)) {
    room -= stringWidth(segment);
    if (room < 0) break;
    shown += segment;
  }
  return `${shown}…`;
}

function toCell(field: TaskField, value: TaskBody[TaskField]): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value === 'string') return value;
  if (field === 'runtime') return `${value.toFixed(3)} s`;
  return timeFields.has(field) ? toLocalTime(value) : String(value);
}

/** To the second, in the time zone of whoever reads it. */
function toLocalTime(epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000);
  // Swedish writes dates as ISO 8601 does.
  return Number.isNaN(date.getTime()) ? String(epochSeconds) : date.toLocaleString('sv-SE');
}

// eslint-disable-next-line no-control-regex -- those are the ones, with the signs that turn text around
const controls = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function clean(text: string, most: number): string {
  return text.slice(0, most).replace(controls, (sign) => {
    if (sign === '\n') return '\\n';
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
