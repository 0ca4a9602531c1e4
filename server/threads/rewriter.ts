/** A rewriter thread: writes what is left of one segment into a new file, beside what the writer thread does, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { rewriteSegment, type RewriteJob } from '../store/sqlite/rewrite-segment.ts';

try {
  parentPort?.postMessage(rewriteSegment(workerData as RewriteJob));
} catch (error) {
  // An error of SQLite's would be no Error any more on the other side.
  throw new Error(error instanceof Error ? error.message : String(error), { cause: error });
}
