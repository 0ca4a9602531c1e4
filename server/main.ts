#!/usr/bin/env -S node --max-semi-space-size=2
/** In: the command line, the environment and signals. Out: an exit code; the only place that ends the process. */
import { Interrupted } from './commands/command.ts';
import { exitCodes, interruptedBy } from './commands/exit-codes.ts';
import { runCommand } from './commands/run-command.ts';

/** The first signal asks to stop, a second one ends the process at once. */
function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = (by: Interrupted['by']): void => {
    if (controller.signal.aborted) endBy(by);
    controller.abort(new Interrupted(by));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  // Who read what we write has seen enough: `herbarium help | head -1`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      process.stderr.write(`The standard output cannot be written to: ${error.message}\n`);
      process.exit(exitCodes.failed);
    }
    if (!controller.signal.aborted) stop('SIGPIPE');
  });
  return controller.signal;
}

/**
 * By the system's hand: `process.exit` ends threads wherever they are, and in the middle of what SQLite does that ends in a
 * native stack trace. The first process of a container is not ended by a signal of its own.
 */
function endBy(signal: Interrupted['by']): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.exit(interruptedBy[signal]);
}

try {
  const { stdin, stdout, stderr, env } = process;
  const io = { stdin, stdout, stderr, env, cwd: process.cwd(), signal: listenForSignals() };
  process.exit(await runCommand(process.argv.slice(2), io));
} catch (error) {
  process.stderr.write(`Herbarium failed: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(exitCodes.failed);
}
