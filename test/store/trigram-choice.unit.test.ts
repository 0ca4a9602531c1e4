import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TrigramChoice } from '../../server/store/sqlite/trigram-choice.ts';

/** A segment as far as the choice looks at it: each task has the same words, every hundredth a number of its own. */
function makeSegment(tasks: number): Database.Database {
  const db = new Database(':memory:');
  db.exec(`
    CREATE TABLE tasks (id INTEGER PRIMARY KEY);
    CREATE VIRTUAL TABLE task_text USING fts5(text, content='', detail=none, tokenize='trigram');
  `);
  const addTask = db.prepare('INSERT INTO tasks (id) VALUES (?)');
  const addText = db.prepare('INSERT INTO task_text (rowid, text) VALUES (?, ?)');
  db.transaction(() => {
    for (let id = 1; id <= tasks; id++) {
      addTask.run(id);
      addText.run(id, `{'customer_id': ${id % 100 === 0 ? 236_883 : 'none'}}`);
    }
  })();
  return db;
}

const found = (db: Database.Database, match: string | null): unknown[] =>
  db.prepare('SELECT rowid FROM task_text WHERE task_text MATCH ?').pluck().all(match);

describe('the trigrams that a segment is asked for', () => {
  it('are those of the rare term alone, beside one that all tasks have', () => {
    const db = makeSegment(20_000);
    const match = new TrigramChoice(db).choose(['customer_id', '236883']);
    expect(match).toContain('"236"');
    expect(match).not.toMatch(/"(cus|ust|sto|tom|ome|mer|er_|r_i|_id)"/);
    expect(found(db, match)).toHaveLength(200);
  });

  it('are one at least, when all tasks have all of them', () => {
    const match = new TrigramChoice(makeSegment(20_000)).choose(['customer_id']);
    expect(match).toMatch(/^"..."$/);
  });

  it('are all of them while a segment is small', () => {
    const match = new TrigramChoice(makeSegment(100)).choose(['customer_id', '236883']);
    expect(match!.split(' AND ')).toHaveLength(13);
  });

  it('are none of terms that are too short', () => {
    expect(new TrigramChoice(makeSegment(1)).choose(['z', 'x', ['abc', 'x']])).toBeNull();
  });

  it('are one of those in which two characters can stand, or one of a text each', () => {
    const db = makeSegment(1000);
    const choice = new TrigramChoice(db);
    expect(found(db, choice.choose(['23']))).toHaveLength(10);
    expect(found(db, choice.choose(['32']))).toHaveLength(0);
    expect(found(db, choice.choose([[' 23', ' no']]))).toHaveLength(1000);
    expect(found(db, choice.choose([[' 23', ' 42'], '88']))).toHaveLength(10);
  });
});
