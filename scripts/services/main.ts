import { parseArgs } from 'node:util';
import { startServices, stopServices } from './services.ts';
import { isRunning, isServer, readState, serviceNames, toStatePath, type ServiceName } from './state.ts';

const usage = `npm run services -- up|down|status [names…] [--set NAME]
  names: ${serviceNames.join(', ')} (all, if none is given)`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { set: { type: 'string' } } });
  const [command, ...names] = positionals;
  const unknown = names.find((name) => !serviceNames.some((known) => known === name));
  if (unknown !== undefined) throw new Error(`There is no service "${unknown}".\n${usage}`);
  const statePath = toStatePath(values.set);
  if (command === 'up') await up(names.length > 0 ? (names as ServiceName[]) : serviceNames, statePath);
  else if (command === 'down') await stopServices(statePath);
  else if (command === 'status') status(statePath);
  else throw new Error(usage);
}

async function up(names: readonly ServiceName[], statePath: string): Promise<void> {
  await startServices(names, { statePath, say: (line) => console.error(line) });
  status(statePath);
}

function status(statePath: string): void {
  const set = readState(statePath);
  if (!set) return console.log('Nothing runs. Start it with: npm run services -- up');
  const isUp = (name: ServiceName): boolean => !isServer(name) || isRunning(set.running[name]);
  const live = Object.entries(set.services).filter(([name]) => isUp(name as ServiceName));
  console.log(JSON.stringify(Object.fromEntries(live), null, 2));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
