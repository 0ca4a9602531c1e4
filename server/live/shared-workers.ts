import type { Worker } from '../domain/worker.ts';
import type { WorkerRegistry } from './worker-registry.ts';

export interface SharedWorkersPlace {
  /** Who was heard since then, by whichever process; epoch seconds. */
  readHeard: (since: number) => Promise<Worker[]>;
  workers: WorkerRegistry;
  /** Those of whom the others knew more. */
  onHeard: (workers: Worker[]) => void;
  /** Epoch seconds. */
  now: () => number;
}

/** A worker counts as alive for two intervals of its heartbeats, which are two seconds unless somebody says otherwise. */
const everyMs = 1000;
/** More than clocks of two machines differ by, and a commit takes. */
const windowS = 60;

/**
 * Several processes may write to one store, and share the events of a cluster, or have one each. What another one hears of
 * a worker is not heard here: without this it would be offline on these pages, and its tasks, in time, called lost.
 * @returns how to end it
 */
export function followSharedWorkers({ readHeard, workers, onHeard, now }: SharedWorkersPlace): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const look = async (): Promise<void> => {
    // A store that cannot be read says so elsewhere.
    const told = await readHeard(now() - windowS).catch(() => []);
    if (isStopped) return;
    const heard = workers.hear(told);
    if (heard.length > 0) onHeard(heard);
    timer = setTimeout(() => void look(), everyMs);
  };
  void look();
  // What is being read is not waited for: a store that is out of reach answers after half a minute.
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
