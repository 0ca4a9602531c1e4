/** THE table of commands. A file of this folder each; the help and the README's list come from it. */
import { backup } from './backup.ts';
import { call } from './call.ts';
import type { Command } from './command.ts';
import { control } from './control.ts';
import { events } from './events.ts';
import { exportCommand } from './export.ts';
import { inspect } from './inspect.ts';
import { prune } from './prune.ts';
import { search } from './search.ts';
import { serve } from './serve.ts';

export const commands: readonly Command[] = [
  serve,
  search,
  exportCommand,
  inspect,
  control,
  call,
  events,
  prune,
  backup,
];

export function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name);
}
