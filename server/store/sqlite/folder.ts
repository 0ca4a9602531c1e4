import { existsSync, mkdirSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { lockFolder } from '../../folder-lock.ts';

/** What the name of a segment's files is made of. */
export interface SegmentPlace {
  readonly id: number;
  /** How often it was written anew. */
  readonly generation: number;
}

/**
 * Where things lie in a SQLite store:
 *
 *     catalog.db              workers, names, gaps, segments with their bounds
 *     lock.db                 held by the one process that writes
 *     segments/000001.db      tasks and events of one stretch of time
 *     segments/000001.ids     which ids it may hold (see id-filter.ts), once it is sealed
 *     segments/000001-2.db    the same stretch, written anew for the second time with less in it, in place of the first
 */
export class StoreFolder {
  constructor(readonly path: string) {}

  get catalog(): string {
    return join(this.path, 'catalog.db');
  }

  get segments(): string {
    return join(this.path, 'segments');
  }

  segment(segment: SegmentPlace): string {
    return join(this.segments, `${stemOf(segment)}.db`);
  }

  filter(segment: SegmentPlace): string {
    return join(this.segments, `${stemOf(segment)}.ids`);
  }

  hasSegment(segment: SegmentPlace): boolean {
    return existsSync(this.segment(segment));
  }

  /** The files of a segment: those that are there, and those that may be. */
  filesOf(segment: SegmentPlace): string[] {
    const file = this.segment(segment);
    return [file, `${file}-wal`, `${file}-shm`, this.filter(segment)];
  }

  /** The files of a segment that is being made: as they are named then, and before they are whole. */
  filesToBe(segment: SegmentPlace): string[] {
    const [file, filter] = [this.segment(segment), this.filter(segment)];
    return [file, filter, `${filter}.new`, ...['', '-wal', '-shm'].map((suffix) => `${file}.new${suffix}`)];
  }

  isThere(): boolean {
    return existsSync(this.catalog);
  }

  /**
   * Makes the folder, for its owner alone: arguments of tasks are nobody else's business. A folder that is there already
   * keeps its mode, for it may be a mounted volume, or hold other things too.
   */
  make(): void {
    if (existsSync(this.path) && !statSync(this.path).isDirectory()) {
      throw new AppError(
        'bad_config',
        `${this.path} is a file, and a store is a folder: choose another with --db. What Flower saved cannot be read.`,
      );
    }
    try {
      mkdirSync(this.segments, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new AppError('store_unavailable', `The store's folder cannot be made: ${(error as Error).message}`);
    }
  }

  /** Takes the store for this process until the returned function is called, or the process ends in whatever way. */
  lock(): () => void {
    const refusal = `Another process is writing to the store in ${this.path}: stop it, or choose another folder with --db.`;
    return lockFolder(this.path, new AppError('store_unavailable', refusal));
  }
}

function stemOf({ id, generation }: SegmentPlace): string {
  return String(id).padStart(6, '0') + (generation === 0 ? '' : `-${generation}`);
}

/** Bytes of a database with its write-ahead log; 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  const sizes = await Promise.all(
    [path, `${path}-wal`].map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
