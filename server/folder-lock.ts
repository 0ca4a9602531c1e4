import Database from 'better-sqlite3';
import { join } from 'node:path';

/**
 * Takes a folder for this process, by an exclusive transaction in its `lock.db`: the system lets go of it in whatever way
 * the process ends. Returns how to give it back; throws `refusal` if another process has it.
 */
export function lockFolder(folder: string, refusal: Error): () => void {
  const db = new Database(join(folder, 'lock.db'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw (error as { code?: string }).code === 'SQLITE_BUSY' ? refusal : error;
  }
  return () => {
    db.exec('ROLLBACK');
    db.close();
  };
}
