/**
 * In: the workers and tasks of this moment, and what the reader has chosen. Out: the lines of a terminal's screen, no
 * more and no wider than it. Pure.
 */
import { receivedAt } from '../domain/derived.ts';
import { isAlive, type Worker } from '../domain/worker.ts';
import type { Task } from '../domain/task.ts';
import { toLocalTime } from './task-table.ts';
import { pad, toCleanText, toStateStyle, toStyled, toTextTable, type TextColumn } from './text-table.ts';

export interface Frame {
  /** Without its password. */
  broker: string;
  /** Why it is not connected; null: it is. */
  trouble: string | null;
  events: number;
  eventsPerS: number;
  workers: readonly Worker[];
  /** Those that fit the filter, in the order in which they are shown. */
  tasks: readonly Task[];
  /** Which of them is chosen. */
  chosen: number;
  filter: string;
  /** What is being typed as a filter; null: nothing is. */
  typed: string | null;
  /** What is wrong with it. */
  problem: string | null;
  isPaused: boolean;
  /** Characters and lines. */
  columns: number;
  rows: number;
  colours: boolean;
  /** Epoch seconds. */
  now: number;
}

const workerColumns: readonly TextColumn[] = [
  { name: 'worker' },
  { name: 'state', isRigid: true, style: (state) => (state === 'alive' ? 'green' : 'red') },
  { name: 'active', isRigid: true },
  { name: 'processed', isRigid: true },
  { name: 'load', isRigid: true },
  { name: 'software' },
];
const taskColumns: readonly TextColumn[] = [
  { name: ' ', isRigid: true },
  { name: 'time', isRigid: true },
  { name: 'state', isRigid: true, style: toStateStyle },
  { name: 'name' },
  { name: 'args' },
  { name: 'kwargs' },
  { name: 'runtime', isRigid: true },
  { name: 'worker' },
  { name: 'uuid' },
];
/** The title, two empty lines, the heads of two tables, the detail and the foot. */
const otherRows = 1 + 1 + 1 + 1 + 1 + 3 + 1;

export function toFrame(frame: Frame): string[] {
  const { workers, columns, rows, colours } = frame;
  const paint = (style: Parameters<typeof toStyled>[0], text: string): string =>
    colours ? toStyled(style, text) : text;
  const room = Math.max(0, rows - otherRows);
  const workerRows = Math.min(workers.length, Math.max(1, Math.floor(room / 3)));
  const taskRows = Math.max(0, room - workerRows);
  const options = { width: columns, colours };
  const shownWorkers = workers.slice(0, workerRows).map((worker) => toWorkerCells(worker, frame.now));
  const first = Math.max(0, Math.min(frame.chosen - Math.floor(taskRows / 2), frame.tasks.length - taskRows));
  const shownTasks = frame.tasks
    .slice(first, first + taskRows)
    .map((task, i) => [first + i === frame.chosen ? '›' : '', ...toTaskCells(task)]);
  const lines = [
    toTitle(frame, paint),
    '',
    ...toLines(toTextTable(workerColumns, shownWorkers, options)),
    '',
    ...toLines(toTextTable(taskColumns, shownTasks, options)),
  ];
  const foot = [...toDetail(frame.tasks[frame.chosen], columns), toFoot(frame, paint)];
  const filled = [...lines, ...Array.from({ length: Math.max(0, rows - lines.length - foot.length) }, () => '')];
  return [...filled, ...foot].slice(-rows);
}

const toLines = (table: string): string[] => table.split('\n').slice(0, -1);

function toTitle(
  { broker, trouble, events, eventsPerS, tasks, workers, now, isPaused, columns }: Frame,
  paint: (style: Parameters<typeof toStyled>[0], text: string) => string,
): string {
  const alive = workers.filter((worker) => isAlive(worker, now)).length;
  const state = trouble === null ? '● connected' : `✕ ${trouble}`;
  const counts = `${events} events, ${eventsPerS.toFixed(1)}/s · ${alive} of ${workers.length} workers alive · ${tasks.length} tasks`;
  const text = toCleanText(`${isPaused ? 'paused · ' : ''}${state} · ${counts} · ${broker}`);
  return paint(trouble === null ? 'bold' : 'red', pad(text, columns).trimEnd());
}

function toWorkerCells(worker: Worker, now: number): string[] {
  const { hostname, active, processed, loadavg, swIdent, swVer } = worker;
  const count = (n: number | null): string => (n === null ? '' : String(n));
  return [
    hostname,
    isAlive(worker, now) ? 'alive' : 'offline',
    count(active),
    count(processed),
    loadavg?.join(' ') ?? '',
    [swIdent, swVer].filter((part) => part !== null).join(' '),
  ];
}

function toTaskCells(task: Task): string[] {
  const { timestamp, state, name, args, kwargs, runtime, worker, uuid } = task;
  const time = toLocalTime(timestamp ?? receivedAt(task)).slice(11);
  const took = runtime === null ? '' : `${runtime.toFixed(3)} s`;
  return [time, state, name ?? '', args ?? '', kwargs ?? '', took, worker ?? '', uuid];
}

/** What does not fit a line of the table. */
function toDetail(task: Task | undefined, columns: number): string[] {
  if (task === undefined) return ['', '', ''];
  const { uuid, name, args, kwargs, result, exception, queue, routingKey, retries } = task;
  const call = `${name ?? '?'}(${[args, kwargs].filter((part) => part !== null).join(' ')})`;
  const end = exception ?? (result === null ? '' : `→ ${result}`);
  const facts = [uuid, `queue ${queue ?? routingKey ?? '?'}`, retries ? `${retries} retries` : ''];
  return ['', call, `${facts.filter(Boolean).join(' · ')} ${end}`].map((line) =>
    pad(toCleanText(line, 2000), columns).trimEnd(),
  );
}

function toFoot(
  { filter, typed, problem, isPaused, columns }: Frame,
  paint: (style: Parameters<typeof toStyled>[0], text: string) => string,
): string {
  if (typed !== null) return pad(toCleanText(`/${typed}▏ ${problem ?? ''}`), columns).trimEnd();
  const keys = `q quit  / filter  p ${isPaused ? 'go on' : 'pause'}  ↑↓ j k choose`;
  const text = filter === '' ? keys : `${keys}  filter: ${filter}`;
  return paint('dim', pad(toCleanText(text), columns).trimEnd());
}
