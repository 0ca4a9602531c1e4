import type { SegmentPlaces } from '../segment-data.ts';
import { ColumnCache } from './column-cache.ts';
import { openForReading, type Database } from './database.ts';
import { SqliteSegmentData } from './sqlite-segment-data.ts';

/** Files of a long history that stay open between questions; each costs some 100 kB and its page cache, of 1 MB at most. */
const mostOpen = 24;
/**
 * In each reader thread, which has half of a history: enough for one search of ten million tasks by state, name and worker
 * (18 MB where it has six segments of eleven), or in the order of run times, among which 104 ms become 40 when they fit.
 */
const mostColumnBytes = 20 * 1024 * 1024;

interface OpenFile {
  db: Database;
  /** Made when first asked: the catalog is read as rows only. */
  data?: SqliteSegmentData;
  /** Questions that are being answered from it. */
  users: number;
}

/** The files that a reader thread has open. */
export class OpenFiles implements SegmentPlaces {
  /** Least recently used first. */
  readonly #files = new Map<string, OpenFile>();
  /** Removed, or about to be: a question that was on its way may still come, but none of them may stay open. */
  readonly #gone = new Set<string>();
  readonly #columns = new ColumnCache(mostColumnBytes);

  readRows(path: string, sql: string, parameters: readonly unknown[]): unknown[] {
    const { db } = this.#open(path);
    try {
      return db.prepare<unknown[]>(sql).all(...parameters);
    } finally {
      this.#closeIfGone(path);
    }
  }

  async use<T>(path: string, body: (data: SqliteSegmentData) => Promise<T>): Promise<T> {
    const file = this.#open(path);
    file.users++;
    try {
      return await body((file.data ??= new SqliteSegmentData(file.db, this.#columns)));
    } finally {
      file.users--;
      this.#closeIfGone(path);
    }
  }

  forget(path: string): void {
    this.#gone.add(path);
    this.#closeIfGone(path);
  }

  close(): void {
    for (const path of [...this.#files.keys()]) this.#close(path);
  }

  #open(path: string): OpenFile {
    const file = this.#files.get(path) ?? { db: openForReading(path), users: 0 };
    this.#files.delete(path);
    this.#files.set(path, file);
    if (this.#files.size > mostOpen) this.#closeOne(path);
    return file;
  }

  #closeIfGone(path: string): void {
    const file = this.#files.get(path);
    if (!file || file.users > 0 || !this.#gone.has(path)) return;
    this.#close(path);
  }

  #closeOne(except: string): void {
    for (const [path, { users }] of this.#files) {
      if (users > 0 || path === except) continue;
      this.#close(path);
      return;
    }
  }

  #close(path: string): void {
    const { db, data } = this.#files.get(path)!;
    this.#files.delete(path);
    data?.forget();
    db.close();
  }
}
