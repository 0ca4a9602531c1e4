/** Writes the tables in README.md anew: of options, from server/config/options.ts, and of commands, from server/commands. */
import { readFileSync, writeFileSync } from 'node:fs';
import { commands } from '../server/commands/commands.ts';
import { toCommandsTable } from '../server/commands/help.ts';
import { replaceMarked, replaceOptionsTable } from '../server/config/readme-table.ts';

const file = new URL('../README.md', import.meta.url);
const readme = replaceOptionsTable(readFileSync(file, 'utf8'));
writeFileSync(file, replaceMarked(readme, 'commands', toCommandsTable(commands)));
