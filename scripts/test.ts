// In: `npm test`, whose arguments go to vitest. Out: vitest's own output and exit code, and its counts in
// .cache/test-results.json. All tests run against real services, started here for this run alone.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startServices } from './services/services.ts';
import { serviceNames, toStatePath } from './services/state.ts';

const project = join(import.meta.dirname, '..');
const resultsPath = join(project, '.cache/test-results.json');

async function main(): Promise<number> {
  const statePath = toStatePath(`test-${String(process.pid)}`);
  const signals: NodeJS.Signals[] = [];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => signals.push(signal));
  rmSync(resultsPath, { force: true });
  const say = (line: string): void => console.error(`services: ${line}`);
  const started = await startServices(serviceNames, { statePath, isOwned: true, say });
  try {
    return signals.length > 0 ? 1 : await runVitest(process.argv.slice(2), statePath);
  } finally {
    await started.stop();
  }
}

function runVitest(args: string[], statePath: string): Promise<number> {
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultsPath}`];
  const env = { ...process.env, HERBARIUM_SERVICES: statePath };
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...args], {
    cwd: project,
    env,
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
