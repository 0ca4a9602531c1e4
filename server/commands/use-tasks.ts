import { once } from 'node:events';
import type { CommandIo } from './command.ts';
import { openTaskSource, type SourceArgs, type TaskSource } from './task-source.ts';

/** Opens where the tasks are for as long as it is used. What fails because a signal came is that signal's doing. */
export async function useTasks(
  args: SourceArgs,
  io: CommandIo,
  use: (source: TaskSource) => Promise<number>,
): Promise<number> {
  const source = await openTaskSource(args, io);
  try {
    return await use(source);
  } catch (error) {
    io.signal.throwIfAborted();
    throw error;
  } finally {
    await source.close();
  }
}

/** Writes piece by piece, at the pace at which it is read. */
export async function writeAll(
  { stdout, signal }: CommandIo,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    // Nothing drains what nobody reads any more: then the signal says so.
    if (!stdout.write(piece)) await once(stdout, 'drain', { signal });
  }
}
