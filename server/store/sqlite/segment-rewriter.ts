import type { Worker } from 'node:worker_threads';
import { rewriteSegment, type Left, type RewriteJob } from './rewrite-segment.ts';

/** Has segments written anew, one after the other. */
export interface SegmentRewriter {
  rewrite(job: RewriteJob): Promise<Left>;
  /** Ends what is under way, which rejects. */
  stop(): Promise<void>;
}

/** In a thread each where one can be started, so that nobody who writes has to wait. */
export function openSegmentRewriter(startThread?: (job: object) => Worker): SegmentRewriter {
  let thread: Worker | undefined;
  return {
    rewrite: async (job) => {
      if (startThread === undefined) return rewriteSegment(job);
      thread = startThread(job);
      return answerOf(thread);
    },
    stop: async () => void (await thread?.terminate()),
  };
}

function answerOf(thread: Worker): Promise<Left> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('the thread that wrote it anew was ended')));
  });
}
