/** A reader thread: runs SQL on read-only connections, so that the HTTP loop never waits for SQLite. */
import { parentPort } from 'node:worker_threads';
import { answerReads } from '../store/sqlite/reader-answers.ts';

if (!parentPort) throw new Error('This is the entry point of a thread.');
answerReads(parentPort);
