import { SingleBar } from 'cli-progress';
import type { TotalBody } from '../contract/search.ts';
import type { CommandIo } from './command.ts';

export interface Progress {
  add(tasks: number): void;
  close(): void;
}

/** A bar, or, where it is not known how many tasks there will be, a count. */
export function openProgress(stderr: CommandIo['stderr'], total: TotalBody, limit = Infinity): Progress {
  const isKnown = total.relation === 'eq' || total.value >= limit;
  const bar = new SingleBar({
    stream: stderr,
    format: isKnown
      ? '{bar} {percentage}% · {value} of {total} tasks · {eta_formatted} left'
      : '{value} tasks, of at least {total} · {duration_formatted}',
    hideCursor: true,
    clearOnComplete: true,
    fps: 5,
  });
  let done = 0;
  let expected = Math.min(total.value, limit);
  bar.start(expected, 0);
  return {
    add(tasks) {
      done += tasks;
      // Some came while it went on.
      if (done > expected) bar.setTotal((expected = done));
      bar.update(done);
    },
    close: () => bar.stop(),
  };
}
