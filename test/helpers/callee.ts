import { fileURLToPath } from 'node:url';
import { runPython, startWorker, type CeleryVersion, type TestWorker } from './celery.ts';

const PYTHONPATH = fileURLToPath(new URL('.', import.meta.url));

export interface CalleeOptions {
  brokerUrl: string;
  /** `callee@test` when left out. */
  name?: string;
  resultBackend?: string;
  celery?: CeleryVersion;
  args?: string[];
  env?: NodeJS.ProcessEnv;
}

/** A worker of the tasks of `callee.py`. */
export function startCallee(options: CalleeOptions): Promise<TestWorker> {
  const { env, ...rest } = options;
  return startWorker({ name: 'callee@test', ...rest, app: 'callee', env: { PYTHONPATH, ...env } });
}

/** What Celery's own client says of a task: its state, and its result or the repr of its exception. */
export async function askCelery(id: string, options: CalleeOptions): Promise<{ state: string; result: unknown }> {
  const code = `
import json, callee
from celery.result import AsyncResult
result = AsyncResult('${id}', app=callee.app)
value = result.get(timeout=20, propagate=False)
print(json.dumps({'state': result.state, 'result': repr(value) if isinstance(value, Exception) else value}))`;
  const { brokerUrl, resultBackend, env } = options;
  const said = await runPython(code, { brokerUrl, resultBackend, env: { PYTHONPATH, ...env } });
  return JSON.parse(said) as { state: string; result: unknown };
}
