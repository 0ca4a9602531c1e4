import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '../../errors.ts';
import type { SegmentRecord } from './catalog-file.ts';
import { foldLog } from './database.ts';
import { StoreFolder } from './folder.ts';

export interface BackupOptions {
  readonly signal?: AbortSignal;
  /** What part of the bytes is copied, 0 to 1. */
  readonly onProgress?: (part: number) => void;
}

/** Pages of 8 KB copied at a time, between which others have their turn. */
const pagesPerStep = 2000;

/**
 * Copies a store, also one that is being written to, into a folder that must not be there yet.
 *
 * Each file is copied as it is at one moment: by SQLite's own backup, within a transaction that holds that moment. A writer
 * commits to the catalog first, so it is copied last: it says at least what the segments hold. Two things it must not
 * say: what was seen up to then (the copy is to know that it missed what came in while it was made, so it gets what was
 * said before), and which segments began or were written anew meanwhile.
 * @returns bytes copied
 * @throws {AppError} `bad_config` when there is no store, `store_unavailable` when it cannot be copied
 */
export async function backUp(from: string, to: string, options: BackupOptions = {}): Promise<number> {
  const source = new StoreFolder(from);
  if (!source.isThere()) throw new AppError('bad_config', `There is no store in ${from}: give its folder with --db.`);
  const partial = `${to}.partial`;
  rmSync(partial, { recursive: true, force: true });
  try {
    mkdirSync(dirname(to), { recursive: true });
    const copy = new StoreFolder(partial);
    copy.make();
    const bytes = await copyAll(source, copy, options);
    renameSync(partial, to);
    return bytes;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (error instanceof AppError || options.signal?.aborted) throw error;
    throw new AppError('store_unavailable', `The store could not be copied: ${(error as Error).message}`);
  }
}

async function copyAll(source: StoreFolder, copy: StoreFolder, { signal, onProgress }: BackupOptions): Promise<number> {
  const { segments, snapshot } = readCatalog(source.catalog);
  const total = [source.catalog, ...segments.map((record) => source.segment(record))].reduce(
    (sum, file) => sum + bytesOf(file),
    0,
  );
  const copied: SegmentRecord[] = [];
  let bytes = 0;
  for (const { id } of segments) {
    // As it is by now: the retention may have removed it, or written it anew.
    const record = readCatalog(source.catalog).segments.find((each) => each.id === id);
    if (record === undefined || !source.hasSegment(record)) continue;
    await copyDatabase(source.segment(record), copy.segment(record), signal, (more) =>
      onProgress?.((bytes + more) / total),
    );
    bytes += bytesOf(copy.segment(record));
    if (existsSync(source.filter(record))) copyFileSync(source.filter(record), copy.filter(record));
    copied.push(record);
  }
  await copyDatabase(source.catalog, copy.catalog, signal);
  amendCatalog(copy, copied, snapshot);
  return bytes + bytesOf(copy.catalog);
}

/** Sealed segments, which hardly change, before the one that does. */
function readCatalog(path: string): { segments: SegmentRecord[]; snapshot: string | undefined } {
  const db = new Database(path, { readonly: true });
  try {
    const segments = db.prepare('SELECT * FROM segments ORDER BY id').all() as SegmentRecord[];
    const snapshot = db.prepare(`SELECT value FROM facts WHERE key = 'snapshot'`).pluck().get() as string | undefined;
    return { segments, snapshot };
  } finally {
    db.close();
  }
}

async function copyDatabase(
  from: string,
  to: string,
  signal?: AbortSignal,
  onBytes?: (bytes: number) => void,
): Promise<void> {
  const db = new Database(from, { readonly: true });
  try {
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_master').get();
    await db.backup(to, {
      progress: ({ totalPages, remainingPages }) => {
        signal?.throwIfAborted();
        onBytes?.((totalPages - remainingPages) * pageBytes);
        return pagesPerStep;
      },
    });
  } finally {
    db.close();
  }
}

const pageBytes = 8192;

/** The copy has the segments that were copied, each as it was then: the retention may have gone on since. */
function amendCatalog(copy: StoreFolder, copied: readonly SegmentRecord[], snapshot: string | undefined): void {
  const db = new Database(copy.catalog);
  try {
    db.transaction(() => {
      const known = db.prepare('SELECT * FROM segments').all() as SegmentRecord[];
      for (const record of known) {
        const asCopied = copied.find(({ id }) => id === record.id);
        if (asCopied === undefined) db.prepare('DELETE FROM segments WHERE id = ?').run(record.id);
        else if (asCopied.generation !== record.generation) restoreSegment(db, asCopied);
      }
      for (const record of copied) {
        if (known.some(({ id }) => id === record.id)) continue;
        for (const file of copy.filesOf(record)) rmSync(file, { force: true });
      }
      db.prepare(`DELETE FROM facts WHERE key IN ('snapshot', 'leftovers')`).run();
      if (snapshot !== undefined) db.prepare(`INSERT INTO facts (key, value) VALUES ('snapshot', ?)`).run(snapshot);
    })();
    foldLog(db);
  } finally {
    db.close();
  }
}

function restoreSegment(db: Database.Database, record: SegmentRecord): void {
  const values = Object.keys(record).map((column) => `${column} = @${column}`);
  db.prepare(`UPDATE segments SET ${values.join(', ')} WHERE id = @id`).run(record);
}

const bytesOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);
