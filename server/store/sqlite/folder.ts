import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '../../errors.ts';

/**
 * Where things lie in a SQLite store:
 *
 *     catalog.db              workers, names, gaps, segments with their bounds
 *     lock.db                 held by the one process that writes
 *     segments/000001.db      tasks and events of one stretch of time
 *     segments/000001.ids     which ids it may hold (see id-filter.ts), once it is sealed
 */
export class StoreFolder {
  constructor(readonly path: string) {}

  get catalog(): string {
    return join(this.path, 'catalog.db');
  }

  segment(id: number): string {
    return join(this.path, 'segments', `${String(id).padStart(6, '0')}.db`);
  }

  filter(id: number): string {
    return join(this.path, 'segments', `${String(id).padStart(6, '0')}.ids`);
  }

  hasSegment(id: number): boolean {
    return existsSync(this.segment(id));
  }

  removeSegment(id: number): void {
    const file = this.segment(id);
    for (const path of [file, `${file}-wal`, `${file}-shm`, this.filter(id)]) rmSync(path, { force: true });
  }

  /**
   * Makes the folder, for its owner alone: arguments of tasks are nobody else's business. A folder that is there already
   * keeps its mode, for it may be a mounted volume, or hold other things too.
   */
  make(): void {
    if (existsSync(this.path) && !statSync(this.path).isDirectory()) {
      throw new AppError(
        'store_unavailable',
        `${this.path} is a file, and a store is a folder: choose another with --db. What Flower saved cannot be read.`,
      );
    }
    try {
      mkdirSync(join(this.path, 'segments'), { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new AppError('store_unavailable', `The store's folder cannot be made: ${(error as Error).message}`);
    }
  }

  /** Takes the store for this process until the returned function is called, or the process ends in whatever way. */
  lock(): () => void {
    const db = new Database(join(this.path, 'lock.db'), { timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
      throw new AppError(
        'store_unavailable',
        `Another process is writing to the store in ${this.path}: stop it, or choose another folder with --db.`,
      );
    }
    return () => {
      db.exec('ROLLBACK');
      db.close();
    };
  }
}
