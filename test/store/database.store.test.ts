import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foldLog, openForReading, openForWriting } from '../../server/store/sqlite/database.ts';

describe('the write-ahead log of a SQLite file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'herbarium-'));
    path = join(folder, 'a.db');
    const db = openForWriting(path, 1024);
    db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    foldLog(db);
    db.close();
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is folded into the file, which is whole then, also while it is read', () => {
    const reader = openForReading(path);
    const db = openForWriting(path, 1024);
    db.exec('INSERT INTO t VALUES (2)');
    foldLog(db);
    copyFileSync(path, join(folder, 'copy.db'));
    const copy = openForReading(join(folder, 'copy.db'));
    expect(copy.prepare('SELECT a FROM t').pluck().all()).toEqual([1, 2]);
    for (const each of [copy, db, reader]) each.close();
  });

  it('is left as it is where nothing was written, so that to its readers nothing seems to have changed', () => {
    const reader = openForReading(path);
    const read = (): unknown => reader.prepare('SELECT count(*) FROM t').pluck().get();
    const versionOf = (): unknown => reader.pragma('data_version', { simple: true });
    read();
    const before = versionOf();
    for (let looks = 0; looks < 2; looks++) {
      const db = openForWriting(path, 1024);
      db.prepare('SELECT a FROM t').all();
      foldLog(db);
      db.close();
    }
    expect(versionOf()).toBe(before);
    const db = openForWriting(path, 1024);
    db.exec('INSERT INTO t VALUES (2)');
    expect(versionOf()).not.toBe(before);
    foldLog(db);
    db.close();
    expect(read()).toBe(2);
    reader.close();
  });
});
