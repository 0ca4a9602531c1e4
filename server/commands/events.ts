/** `herbarium events`: what workers and tasks do now, as a view that is redrawn, or a line for each event. */
import type { ConnectionState } from '../brokers/broker.ts';
import type { CeleryEvent } from '../celery/event.ts';
import { boolean } from '../config/kinds.ts';
import { toMatcher, type Matcher } from '../query/search/matches.ts';
import { readSearch } from '../query/read-search.ts';
import { clusterCommand, clusterOptions, exitCodeHelp } from './cluster.ts';
import { defineCommand, flag, type CommandIo, type TerminalInput } from './command.ts';
import { toEventLine } from './event-line.ts';
import { openEventStream, type StreamConfig } from './event-stream.ts';
import { openLiveView } from './live-view.ts';
import { aborted } from './screen.ts';
import { queryOperand } from './task-flags.ts';
import { WatchedCluster } from './watched-cluster.ts';

/** Bytes; a reader that is slower than the events must not cost all memory. */
const mostWaiting = 16 * 1024 * 1024;

const now = (): number => Date.now() / 1000;

export const events = defineCommand({
  ...clusterCommand,
  name: 'events',
  summary: 'Watch workers and tasks live, as celery events does',
  description:
    'Shows workers and tasks as their events come, in a view that is redrawn: q quits, / filters by a search, p pauses, ' +
    'arrows or j and k choose a task. With --dump, or where there is no terminal, it writes a line for each event. What ' +
    'was before is not seen, nothing is stored, and nothing stays on the broker; workers that it told to send events go on ' +
    `sending them, for whoever else listens, until herbarium control disable_events. ${exitCodeHelp}`,
  operands: [{ ...queryOperand, help: 'a search, such as state:FAILURE name:shop.*; only tasks that fit' }],
  options: [...clusterOptions, 'enable_events', 'redact'],
  flags: {
    dump: flag(boolean, { default: false, short: 'd', help: 'Write a line for each event' }),
    json: flag(boolean, { default: false, short: 'j', help: 'Write each event as a line of JSON' }),
  },
  run: async ({ config, flags, operands }, io) => {
    const query = operands.join(' ');
    const { stdin } = io;
    if (!flags.dump && !flags.json && io.stdout.isTTY === true && stdin?.isTTY === true) {
      return watch(config, query, { ...io, stdin });
    }
    return dump(config, query, flags.json, io);
  },
});

/** @throws {AppError} `bad_request` */
function readFilter(text: string): Matcher {
  const { where } = readSearch(text, { now: now() });
  return where === null ? () => true : toMatcher(where);
}

async function watch(config: StreamConfig, query: string, io: CommandIo & { stdin: TerminalInput }): Promise<number> {
  const view = openLiveView(query, readFilter, io, now);
  const stream = await openEventStream(config, {
    onEvents: (told) => view.onEvents(told),
    onState: (state) => view.onTrouble(toTrouble(state)),
    warn: () => undefined,
  });
  try {
    return await view.run(stream.broker);
  } finally {
    await stream.close();
  }
}

/** Until a signal comes, or nobody reads any more. */
async function dump(config: StreamConfig, query: string, asJson: boolean, io: CommandIo): Promise<number> {
  const fits = readFilter(query);
  const cluster = new WatchedCluster();
  let missed = 0;
  const write = (event: CeleryEvent): void => {
    const task = cluster.apply(event, now());
    // A filter is about tasks: of the rest, nothing fits it.
    if (query !== '' && (task === null || !fits(task))) return;
    if (io.stdout.writableLength > mostWaiting) {
      missed++;
      return;
    }
    if (missed > 0) io.stderr.write(`${missed} events were left out: what reads this is too slow\n`);
    missed = 0;
    io.stdout.write(`${asJson ? JSON.stringify(event) : toEventLine(event, task)}\n`);
  };
  let last: string | null = null;
  const stream = await openEventStream(config, {
    onEvents: (told) => told.forEach(write),
    onState: (state) => {
      const trouble = toTrouble(state);
      if (trouble !== last) io.stderr.write(trouble === null ? 'connected again\n' : `not connected: ${trouble}\n`);
      last = trouble;
    },
    warn: (message) => void io.stderr.write(`${message}\n`),
  });
  try {
    await aborted(io.signal);
    throw io.signal.reason;
  } finally {
    await stream.close();
  }
}

function toTrouble(state: ConnectionState): string | null {
  // Without a reason it is we who have ended it.
  return state.connected ? null : state.error;
}
