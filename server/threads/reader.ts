/** A reader thread: reads the store where it lies, so that the HTTP loop never waits for SQLite, nor goes through columns. */
import { parentPort } from 'node:worker_threads';
import { answerQuestion } from '../query/search/answer-question.ts';
import { answerReads } from '../store/reader-answers.ts';

if (!parentPort) throw new Error('This is the entry point of a thread.');
answerReads(parentPort, answerQuestion);
