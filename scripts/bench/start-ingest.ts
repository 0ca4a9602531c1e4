import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { IngestOrder, IngestReport } from './ingest-beside.ts';

type Done = Extract<IngestReport, { kind: 'done' }>;

/** Starts `ingest-beside.ts`; settles when its first batch is stored. `stop` returns what it did. */
export async function startIngest(order: IngestOrder): Promise<{ stop(): Promise<Done> }> {
  const child = fork(join(import.meta.dirname, 'ingest-beside.ts'), [JSON.stringify(order)]);
  const said = <Kind extends IngestReport['kind']>(kind: Kind) =>
    new Promise<Extract<IngestReport, { kind: Kind }>>((resolve, reject) => {
      child.on('message', (report: IngestReport) => {
        if (report.kind === kind) resolve(report as Extract<IngestReport, { kind: Kind }>);
      });
      once(child, 'exit').then(([code]) => reject(new Error(`Ingest ended with ${String(code)}.`)), reject);
    });
  const done = said('done');
  done.catch(() => undefined);
  await said('running');
  return {
    stop: () => {
      child.send('stop');
      return done;
    },
  };
}
