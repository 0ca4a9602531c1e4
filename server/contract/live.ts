import { z } from 'zod';
import type { StatusBody } from './status.ts';
import type { TaskBody } from './tasks.ts';
import type { WorkerBody } from './workers.ts';

/**
 * The WebSocket at `/live`. The page says what it shows; the server answers with that topic's present state and then
 * with what has changed, after each commit and at most four times a second. A page that reads too slowly misses changes
 * and gets the present state again as soon as it can take it.
 */
export const liveRequest = z.discriminatedUnion('topic', [
  z.object({ topic: z.literal('tasks') }),
  z.object({ topic: z.literal('task'), uuid: z.string().min(1).max(512) }),
  z.object({ topic: z.literal('workers') }),
  z.object({ topic: z.literal('events') }),
]);

/** One message from the page: the full list of topics it wants from now on. */
export const liveSubscribe = z.object({ subscribe: z.array(liveRequest).max(8) });
export type LiveRequest = z.infer<typeof liveRequest>;
export type LiveSubscribe = z.infer<typeof liveSubscribe>;

/** One event as it came. What its task is called, and failed with, is left out where many came at once. */
export interface LiveEventBody {
  /** They are numbered as they come: where a number is missing, an event was not sent. */
  id: number;
  type: string;
  /** Epoch seconds, by its sender's clock. */
  at: number;
  hostname: string;
  /** Of an event of a task. */
  uuid: string | null;
  name: string | null;
  exception: string | null;
}

export type LiveMessage =
  /**
   * Tasks that changed, newest `timestamp` first; `dropped` more changed in the same moment than are sent, all older.
   * `snapshot`: these are the newest tasks there are, in place of all that was sent before. Only then are `children` told.
   */
  | { topic: 'tasks'; tasks: TaskBody[]; dropped: number; snapshot?: true }
  /** The subscribed task changed: `task` is as it is now. Ask for its events again. */
  | { topic: 'task'; uuid: string; task: TaskBody }
  /** All workers, whenever one changed or fell silent. */
  | { topic: 'workers'; workers: WorkerBody[] }
  /** Events that were stored, in the order in which they came; of many at once the last. */
  | { topic: 'events'; events: LiveEventBody[] }
  /** Sent to every page every two seconds. */
  | { topic: 'status'; status: StatusBody };
