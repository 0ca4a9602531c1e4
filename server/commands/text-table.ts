/**
 * In: rows of text and the width of a terminal. Out: a table that fits it, in colours where they are wanted. What a worker
 * sent is shown and never obeyed: control characters, with which a terminal can be told things, are written out.
 */
import { styleText } from 'node:util';
import stringWidth from 'string-width';
import type { CommandIo } from './command.ts';

export type Style = Parameters<typeof styleText>[0] | undefined;

export interface TextColumn {
  name: string;
  /** Of no use when it is cut. */
  isRigid?: boolean;
  /** Of a cell, by its text. */
  style?: (cell: string) => Style;
}

export interface TableOptions {
  /** In characters; undefined: as wide as it needs to be. */
  width?: number;
  colours: boolean;
}

/** Between two columns. */
const gutter = '  ';
/** No column is narrower, whatever the terminal. */
const narrowest = 4;
/** More of one value than this fits no terminal. */
const longest = 500;

/** As wide as the terminal, in colours unless they are not wanted; as wide as needed where there is none. */
export function toTableOptions({ stdout, env }: Pick<CommandIo, 'stdout' | 'env'>): TableOptions {
  const isTerminal = stdout.isTTY === true;
  const colours = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return { width: isTerminal ? stdout.columns : undefined, colours };
}

/** Cells in the order of the columns. */
export function toTextTable(
  columns: readonly TextColumn[],
  cells: readonly (readonly string[])[],
  { width, colours }: TableOptions,
): string {
  const rows = cells.map((row) => row.map((cell) => toCleanText(cell, width === undefined ? Infinity : longest)));
  const natural = columns.map(({ name }, i) => Math.max(stringWidth(name), ...rows.map((row) => stringWidth(row[i]!))));
  const least = natural.map((each, i) => (columns[i]!.isRigid ? each : narrowest));
  const widths = width === undefined ? natural : fit(natural, least, width - gutter.length * (columns.length - 1));
  const paint = (format: Style, text: string): string => (colours ? toStyled(format, text) : text);
  const head = columns.map(({ name }, i) => paint('bold', pad(name, widths[i]!)));
  const body = rows.map((row) => row.map((cell, i) => paint(columns[i]!.style?.(cell), pad(cell, widths[i]!))));
  return [head, ...body].map((row) => `${row.join(gutter).trimEnd()}\n`).join('');
}

export function toStyled(format: Style, text: string): string {
  return format === undefined ? text : styleText(format, text, { validateStream: false });
}

const stateStyles: Readonly<Record<string, Style>> = {
  SUCCESS: 'green',
  FAILURE: 'red',
  LOST: 'red',
  REJECTED: 'red',
  RETRY: 'yellow',
  REVOKED: 'yellow',
  STARTED: 'cyan',
};

/** The colour of a task's state. */
export function toStateStyle(state: string): Style {
  return Object.hasOwn(stateStyles, state) ? stateStyles[state] : undefined;
}

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

/** Exactly so wide: cut, or with spaces behind it. */
export function pad(text: string, width: number): string {
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

// eslint-disable-next-line no-control-regex -- those are the ones, with the signs that turn text around
const controls = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The first `most` characters, with nothing in them that a terminal would obey. */
export function toCleanText(text: string, most = Infinity): string {
  return text.slice(0, most).replace(controls, (sign) => {
    if (sign === '\n') return '\\n';
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
