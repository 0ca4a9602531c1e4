/**
 * How long a start takes with a history: `npm run bench:start -- --tasks 1000000 [--db FOLDER | postgres://…]`.
 * Fills a store through its own write path, then starts the built program on it and times it to its first answers.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillStore } from './fill-store.ts';
import { startProgram } from './program.ts';

async function measure(db: string, broker: string): Promise<void> {
  const startedMs = performance.now();
  const program = await startProgram(['--broker', broker, '--db', db]);
  const lap = (): number => Math.round(performance.now() - startedMs);
  const laps: Record<string, number> = { listening: lap() };
  for (const path of [
    '/healthcheck',
    '/api/workers?status=1',
    '/api/task/types',
    '/api/tasks?limit=50',
    '/api/status',
  ]) {
    await (await fetch(program.url + path)).text();
    laps[path] = lap();
  }
  console.table([laps]);
  await program.stop();
}

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    db: { type: 'string' },
    // Nobody is there: a start does not wait for its broker.
    broker: { type: 'string', default: 'redis://127.0.0.1:1' },
  },
});
const db = values.db ?? mkdtempSync(join(tmpdir(), 'herbarium-bench-'));
await fillStore(db, Number(values.tasks));
for (let run = 0; run < 3; run++) await measure(db, values.broker);
if (!values.db) rmSync(db, { recursive: true });
