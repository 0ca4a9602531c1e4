import { fileURLToPath } from 'node:url';
import { startWorker, type CeleryVersion, type TestWorker } from './celery.ts';

/** A worker of the demo's shop that also runs `nursery.grow` and `nursery.wither`, which take their time. */
export function startNursery(
  brokerUrl: string,
  name: string,
  args: string[] = [],
  celery?: CeleryVersion,
): Promise<TestWorker> {
  const PYTHONPATH = fileURLToPath(new URL('.', import.meta.url));
  return startWorker({ brokerUrl, name, app: 'nursery', args, celery, env: { PYTHONPATH } });
}
