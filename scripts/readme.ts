/** Writes the table of options in README.md anew, from the one table in server/config/options.ts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { replaceOptionsTable } from '../server/config/readme-table.ts';

const file = new URL('../README.md', import.meta.url);
writeFileSync(file, replaceOptionsTable(readFileSync(file, 'utf8')));
