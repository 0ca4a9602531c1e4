/** The live view of `herbarium events`: redrawn in place, steered by keys. */
import type { CeleryEvent } from '../celery/event.ts';
import type { Task } from '../domain/task.ts';
import type { Worker } from '../domain/worker.ts';
import type { Matcher } from '../query/search/matches.ts';
import type { CommandIo, TerminalInput } from './command.ts';
import { exitCodes, interruptedBy } from './exit-codes.ts';
import { findChosen, firstChoice, press, type Choice } from './live-choice.ts';
import { toFrame } from './live-frame.ts';
import { openScreen } from './screen.ts';
import { toTableOptions } from './text-table.ts';
import { WatchedCluster } from './watched-cluster.ts';

/** A terminal is read by a person: more often is of no use. */
const drawEveryMs = 250;
/** The rate is that of so many seconds. */
const rateOverS = 5;

export interface LiveView {
  onEvents(events: readonly CeleryEvent[]): void;
  onTrouble(trouble: string | null): void;
  /** Until the reader quits. The terminal is as it was then, also when it throws. */
  run(broker: string): Promise<number>;
}

/** `readFilter`: a search, as what fits it. @throws {AppError} where it is none. `now`: epoch seconds. */
export function openLiveView(
  filter: string,
  readFilter: (text: string) => Matcher,
  io: CommandIo & { stdin: TerminalInput },
  now: () => number,
): LiveView {
  const cluster = new WatchedCluster();
  let choice: Choice = { ...firstChoice, filter };
  let fits = readFilter(filter);
  let problem: string | null = null;
  let trouble: string | null = null;
  let frozen: { tasks: Task[]; workers: Worker[] } | null = null;
  let moments: { at: number; events: number }[] = [];

  const shown = (): { tasks: Task[]; workers: Worker[] } => {
    const { tasks, workers } = frozen ?? { tasks: cluster.tasks(), workers: cluster.workers() };
    return { tasks: tasks.filter(fits), workers };
  };
  const rate = (): number => {
    const at = now();
    moments = [...moments.filter((moment) => at - moment.at <= rateOverS), { at, events: cluster.events }];
    const [first] = moments;
    return first === undefined || at === first.at ? 0 : (cluster.events - first.events) / (at - first.at);
  };
  const toLines = (broker: string): string[] => {
    const { tasks, workers } = shown();
    const { columns = 80, rows = 24 } = io.stdout;
    return toFrame({
      ...{ broker, trouble, problem, tasks, workers, columns, rows },
      ...{ filter: choice.filter, typed: choice.typed, isPaused: choice.isPaused },
      ...{ events: cluster.events, eventsPerS: rate(), now: now(), colours: toTableOptions(io).colours },
      chosen: findChosen(
        choice,
        tasks.map(({ uuid }) => uuid),
      ),
    });
  };
  /** Whether the reader goes on: false, or the code to end with. */
  const take = (key: string): number | false => {
    const next = press(
      choice,
      key,
      shown().tasks.map(({ uuid }) => uuid),
    );
    if (next === 'quit') return exitCodes.ok;
    if (next === 'interrupt') return interruptedBy.SIGINT;
    try {
      if (next.filter !== choice.filter) fits = readFilter(next.filter);
      problem = null;
      if (next.isPaused !== choice.isPaused)
        frozen = next.isPaused ? { tasks: cluster.tasks(), workers: cluster.workers() } : null;
      choice = next;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    return false;
  };

  return {
    onEvents: (events) => events.forEach((event) => cluster.apply(event, now())),
    onTrouble: (why) => (trouble = why),
    async run(broker) {
      const { signal, stdout, stdin } = io;
      let end = (_code: number): void => undefined;
      const ended = new Promise<number>((resolve) => (end = resolve));
      const draw = (): void => screen.draw(toLines(broker));
      const screen = openScreen(stdout, stdin, {
        onKey: (key) => {
          const code = take(key);
          if (code === false) draw();
          else end(code);
        },
        onResize: () => draw(),
      });
      const timer = setInterval(draw, drawEveryMs);
      const stop = (): void => end(exitCodes.ok);
      signal.addEventListener('abort', stop, { once: true });
      try {
        draw();
        const code = await ended;
        signal.throwIfAborted();
        return code;
      } finally {
        clearInterval(timer);
        signal.removeEventListener('abort', stop);
        screen.close();
      }
    },
  };
}
