import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Published, PublisherOrder, PublisherReport } from './publisher.ts';

/** Publishes only when told to. */
export interface StartedPublisher {
  /** Its messages can go out. */
  ready: Promise<void>;
  /** Settles when all of them have. */
  go: () => Promise<Published>;
  /** In the middle of it, too. */
  stop: () => void;
}

/** Starts `publisher.ts` in a process of its own. */
export function startPublisher(order: PublisherOrder): StartedPublisher {
  const child = fork(join(import.meta.dirname, 'publisher.ts'), [JSON.stringify(order)]);
  const said = (kind: PublisherReport['kind']) =>
    new Promise<PublisherReport>((resolve, reject) => {
      child.on('message', (report: PublisherReport) => report.kind === kind && resolve(report));
      once(child, 'exit').then(([code]) => reject(new Error(`The publisher ended with ${String(code)}.`)), reject);
    });
  const done = said('done') as Promise<Published>;
  done.then(() => child.disconnect()).catch(() => undefined);
  return {
    ready: said('ready').then(() => undefined),
    go: () => {
      child.send('go');
      return done;
    },
    stop: () => void child.kill(),
  };
}
