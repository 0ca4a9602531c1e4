/** `herbarium backup`: a consistent copy of a store that is being written to. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { engineOf } from '../store/open-store.ts';
import { defineCommand, type CommandIo } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { toSizeText } from './sizes.ts';

export const backup = defineCommand({
  name: 'backup',
  summary: 'Copy a SQLite store, also one that a running server writes to',
  description:
    'Copies the store of --db into a new folder, from which Herbarium can be started with --db FOLDER. What comes in while ' +
    'it copies may be missing in the copy, and is a gap there. For Postgres it says what to type instead.',
  operands: [{ name: 'FOLDER', help: 'Where the copy goes; it must not be there yet' }],
  options: ['db'],
  run: async ({ config: { db }, operands }, io) => {
    const target = resolve(io.cwd, operands[0]!);
    if (engineOf(db) === 'postgres') throw new AppError('not_supported', toPgDump(db, operands[0]!));
    if (existsSync(target)) throw new AppError('bad_request', `${target} is there already, and is not written over.`);
    const { backUp } = await import('../store/sqlite/backup.ts');
    const bytes = await backUp(db, target, { signal: io.signal, onProgress: (part) => showProgress(part, io) });
    if (io.stderr.isTTY) io.stderr.write('\r\x1b[K');
    io.stdout.write(
      `The store is in ${target}, ${toSizeText(bytes)}. Start it with --db ${operands[0]}; but not beside the original on one ` +
        'RabbitMQ, where both would share a queue.\n',
    );
    return exitCodes.ok;
  },
});

/** The password is not repeated: pg_dump takes it from PGPASSWORD, or asks. */
function toPgDump(url: string, target: string): string {
  const place = new URL(url);
  place.password = '';
  return `Postgres copies itself, also while it is written to: pg_dump --format=custom --schema=herbarium --file=${quote(target)} ${quote(place.href)}`;
}

const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

function showProgress(part: number, { stderr }: CommandIo): void {
  if (!stderr.isTTY) return;
  const filled = Math.round(part * 30);
  stderr.write(`\r${'█'.repeat(filled)}${'░'.repeat(30 - filled)} ${Math.floor(part * 100)} %`);
}
