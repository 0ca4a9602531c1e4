/** What a Chromium trace (its JSON, by `Tracing.start`) says of a page's main thread. */
import { longTaskMs } from './ui-pages.ts';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds. */
  ts: number;
  dur?: number;
  args: { name?: string; data?: { functionName?: string } };
}

/** What `readTrace` reads. */
export const traceCategories = [
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
];

export interface TraceFigures {
  seconds: number;
  tasks: number;
  long_tasks: number;
  longest_ms: number[];
  busy_percent: number;
  frames: number;
  dropped_frames: number;
  /** Of the longest task: what took most of it, in milliseconds. */
  longest_was: Record<string, number>;
}

const toMs = (microseconds: number): number => Math.round(microseconds / 100) / 10;

export function readTrace(json: Buffer): TraceFigures {
  const { traceEvents } = JSON.parse(json.toString()) as { traceEvents: TraceEvent[] };
  const main = findMainThread(traceEvents);
  const inMain = traceEvents.filter((event) => event.pid === main.pid && event.tid === main.tid && event.ph === 'X');
  const tasks = inMain.filter(({ name }) => name === 'RunTask').sort((a, b) => durationOf(b) - durationOf(a));
  const count = (name: string): number =>
    traceEvents.filter((event) => event.name === name && event.pid === main.pid).length;
  const from = Math.min(...tasks.map(({ ts }) => ts));
  const span = Math.max(...tasks.map((task) => task.ts + durationOf(task))) - from;
  const busy = tasks.reduce((sum, task) => sum + durationOf(task), 0);
  return {
    seconds: Math.round(span / 1e6),
    tasks: tasks.length,
    long_tasks: tasks.filter((task) => durationOf(task) > longTaskMs * 1000).length,
    longest_ms: tasks.slice(0, 5).map((task) => toMs(durationOf(task))),
    busy_percent: Math.round((busy / span) * 100),
    frames: count('DrawFrame'),
    dropped_frames: count('DroppedFrame'),
    longest_was: tasks[0] ? ownTimes(inMain, tasks[0]) : {},
  };
}

const durationOf = (event: TraceEvent): number => event.dur ?? 0;

/** Of all renderers, the one that had the most to do. */
function findMainThread(events: TraceEvent[]): { pid: number; tid: number } {
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const busy = ({ pid, tid }: TraceEvent): number =>
    events.reduce((sum, event) => (event.pid === pid && event.tid === tid ? sum + durationOf(event) : sum), 0);
  const [first] = mains.sort((a, b) => busy(b) - busy(a));
  if (!first) throw new Error('The trace has no page in it.');
  return first;
}

/** How long each kind of work took in a task, without what it was nested in. */
function ownTimes(events: TraceEvent[], task: TraceEvent): Record<string, number> {
  const end = task.ts + durationOf(task);
  const inside = events.filter((event) => event.ts >= task.ts && event.ts + durationOf(event) <= end);
  const times = new Map<string, number>();
  const open: TraceEvent[] = [];
  for (const event of inside.sort((a, b) => a.ts - b.ts || durationOf(b) - durationOf(a))) {
    while (open.length > 0 && open.at(-1)!.ts + durationOf(open.at(-1)!) <= event.ts) open.pop();
    const parent = open.at(-1);
    if (parent) times.set(labelOf(parent), (times.get(labelOf(parent)) ?? 0) - durationOf(event));
    times.set(labelOf(event), (times.get(labelOf(event)) ?? 0) + durationOf(event));
    open.push(event);
  }
  const most = [...times].sort((a, b) => b[1] - a[1]).slice(0, 6);
  return Object.fromEntries(most.map(([label, time]) => [label, toMs(time)]));
}

const labelOf = ({ name, args }: TraceEvent): string =>
  args.data?.functionName ? `${name} ${args.data.functionName}` : name;
