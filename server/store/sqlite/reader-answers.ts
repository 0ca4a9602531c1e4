import type { MessagePort } from 'node:worker_threads';
import { openForReading, type Database } from './database.ts';
import type { ReadRequest, ReadResponse } from './reader-protocol.ts';

/** Files of a long history that stay open between questions; each costs some 100 kB and its page cache. */
const openFiles = 24;

/** Answers what comes over the port, in order, until the port closes. */
export function answerReads(port: MessagePort): void {
  const databases = new Map<string, Database>();
  port.on('message', (request: ReadRequest) => port.postMessage(answer(request, databases)));
  port.on('close', () => {
    for (const db of databases.values()) db.close();
  });
}

function answer({ id, file, sql, parameters }: ReadRequest, databases: Map<string, Database>): ReadResponse {
  try {
    const statement = open(file, databases).prepare<unknown[]>(sql);
    return { id, rows: statement.all(...parameters) };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}

/** Least recently used first. */
function open(file: string, databases: Map<string, Database>): Database {
  const db = databases.get(file) ?? openForReading(file);
  databases.delete(file);
  databases.set(file, db);
  if (databases.size > openFiles) {
    const [oldest, unused] = databases.entries().next().value!;
    databases.delete(oldest);
    unused.close();
  }
  return db;
}
