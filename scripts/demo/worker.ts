/** A command line and the variables it needs beside our own. */
export interface Command {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
}

export interface WorkerOptions {
  python: string;
  brokerUrl: string;
  /** None: the broker itself where it is a Redis, else RPC, which knows no chords. */
  resultBackend?: string;
  /** `NAME@HOST`. */
  name: string;
  /** A Python module or `module:attribute`, found in PYTHONPATH; the demo's shop if none. */
  app?: string;
  /** More arguments of `celery worker`, such as `['-Q', 'mail']`. */
  args?: string[];
  env?: NodeJS.ProcessEnv;
}

/** The folder of the demo's Python modules. */
export const demoFolder = import.meta.dirname;

/** How to start a Celery worker that sends events. */
export function toWorkerCommand(options: WorkerOptions): Command {
  const { python, name, app = 'shop', args = [] } = options;
  const worker = ['worker', '-E', '-n', name, '--concurrency', '2', '--pool', 'prefork', '--loglevel', 'INFO'];
  return { command: python, args: ['-m', 'celery', '-A', app, ...worker, ...args], env: toPythonEnvironment(options) };
}

/** The variables a Python of the demo needs. Nothing is written beside the modules. */
export function toPythonEnvironment(
  options: Pick<WorkerOptions, 'brokerUrl' | 'resultBackend' | 'env'>,
): NodeJS.ProcessEnv {
  const { brokerUrl, resultBackend = '', env = {} } = options;
  const pythonPath = [env['PYTHONPATH'], demoFolder, process.env['PYTHONPATH']].filter(Boolean).join(':');
  return {
    ...process.env,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONIOENCODING: 'utf-8',
    CELERY_BROKER_URL: brokerUrl,
    CELERY_RESULT_BACKEND: resultBackend,
    ...env,
    PYTHONPATH: pythonPath,
  };
}
