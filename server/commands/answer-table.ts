/** In: what workers answered to a question, by host name. Out: the same as a table: a row for each thing they tell of. Pure. */
import { toLocalTime } from './task-table.ts';
import type { TextColumn } from './text-table.ts';

export interface AnswerTable {
  columns: readonly TextColumn[];
  rows: string[][];
}

type Fields = Readonly<Record<string, unknown>>;
interface Layout {
  columns: readonly (string | TextColumn)[];
  /** The cells behind the worker's name, of each row. */
  toRows: (answer: unknown) => unknown[][];
}

const tasks = (answer: unknown): unknown[][] =>
  toList(answer).map((item) => {
    const { id, name, args, kwargs, time_start: start } = toFields(item);
    return [id, name, args, kwargs, typeof start === 'number' ? toLocalTime(start) : ''];
  });
const taskColumns = ['id', 'name', 'args', 'kwargs', { name: 'started', isRigid: true }];

const layouts: Readonly<Record<string, Layout>> = {
  active: { columns: taskColumns, toRows: tasks },
  reserved: { columns: taskColumns.slice(0, -1), toRows: (answer) => tasks(answer).map((row) => row.slice(0, -1)) },
  scheduled: {
    columns: [{ name: 'eta', isRigid: true }, ...taskColumns.slice(0, -1)],
    toRows: (answer) =>
      toList(answer).map((item) => {
        const { eta, request } = toFields(item);
        const { id, name, args, kwargs } = toFields(request);
        return [eta, id, name, args, kwargs];
      }),
  },
  query_task: {
    columns: ['id', { name: 'state', isRigid: true }, 'name', 'args', 'kwargs'],
    toRows: (answer) =>
      Object.entries(toFields(answer)).map(([id, found]) => {
        const [state, task] = toList(found);
        const { name, args, kwargs } = toFields(task);
        return [id, state, name, args, kwargs];
      }),
  },
  registered: { columns: ['task'], toRows: (answer) => toList(answer).map((task) => [task]) },
  revoked: { columns: ['id'], toRows: (answer) => toList(answer).map((id) => [id]) },
  active_queues: {
    columns: ['queue', 'exchange', 'type', 'routing key'],
    toRows: (answer) =>
      toList(answer).map((item) => {
        const { name, exchange, routing_key: key } = toFields(item);
        const { name: exchangeName, type } = toFields(exchange);
        return [name, exchangeName, type, key];
      }),
  },
  stats: {
    columns: ['pid', 'uptime', 'processes', 'prefetch', 'tasks', 'broker'],
    toRows: (answer) => [toStatsRow(toFields(answer))],
  },
  conf: { columns: ['setting', 'value'], toRows: (answer) => Object.entries(toFields(answer)) },
  clock: { columns: ['clock'], toRows: (answer) => [[toFields(answer)['clock']]] },
};

/** What has no form of its own: the worker's own words, or all that it says. */
const other: Layout = {
  columns: ['answer'],
  toRows: (answer) => [['ok' in toFields(answer) ? toFields(answer)['ok'] : (answer ?? 'ok')]],
};

/** `name`: the question, or the order. */
export function toAnswerTable(name: string, answers: ReadonlyMap<string, unknown>): AnswerTable {
  const { columns, toRows } = layouts[name] ?? other;
  return {
    columns: ['worker', ...columns].map((column) => (typeof column === 'string' ? { name: column } : column)),
    rows: [...answers].flatMap(([worker, answer]) => toRows(answer).map((row) => [worker, ...row.map(toCell)])),
  };
}

function toStatsRow({ pid, uptime, pool, prefetch_count: prefetch, total, broker }: Fields): unknown[] {
  const { processes, 'max-concurrency': most } = toFields(pool);
  const { transport, hostname, port } = toFields(broker);
  const done = Object.values(toFields(total)).reduce<number>((sum, n) => sum + (typeof n === 'number' ? n : 0), 0);
  return [
    pid,
    typeof uptime === 'number' ? toDurationText(uptime) : '',
    Array.isArray(processes) ? processes.length : most,
    prefetch,
    done,
    typeof hostname === 'string' ? `${toCell(transport)}://${hostname}:${toCell(port)}` : '',
  ];
}

/** `2 d 3 h`, `5 min 3 s`: the two largest units. */
function toDurationText(seconds: number): string {
  const first = units.findIndex(([, length]) => seconds >= length);
  let rest = Math.floor(seconds);
  const shown = units.slice(first < 0 ? -1 : first).slice(0, 2);
  return shown
    .map(([unit, length]) => {
      const count = Math.floor(rest / length);
      rest %= length;
      return `${count} ${unit}`;
    })
    .join(' ');
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

function toCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function toList(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function toFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
