/** A RabbitMQ and a Postgres of a test's own, which may be killed and started again where they were. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findPrograms, type Found } from '../../scripts/services/find.ts';
import { openPlace, type Place } from '../../scripts/services/place.ts';
import { startPostgres } from '../../scripts/services/postgres.ts';
import { stopProcess, type Process } from '../../scripts/services/processes.ts';
import { chooseRabbitmqPorts, startRabbitmq } from '../../scripts/services/rabbitmq.ts';
import { adoptProcess } from '../../scripts/services/services.ts';
import { findStatePath } from './services.ts';

export interface OwnService {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export async function useRabbitmq(): Promise<OwnService> {
  const ports = await chooseRabbitmqPorts();
  return useService('amqp', (place, found) => startRabbitmq(place, found, ports));
}

export async function usePostgres(): Promise<OwnService> {
  let at: { port: number } | undefined;
  return useService('postgres', async (place, found) => {
    const started = await startPostgres(place, found, at);
    at = { port: Number(new URL(started.url).port) };
    return started;
  });
}

async function useService(
  name: 'amqp' | 'postgres',
  launch: (place: Place, found: Required<Found>) => Promise<{ url: string }>,
): Promise<OwnService> {
  const folder = mkdtempSync(join(tmpdir(), `herbarium-${name}-`));
  const processes: Process[] = [];
  const adoptions: Promise<void>[] = [];
  const place = openPlace(folder, name, (process) => {
    processes.push(process);
    adoptions.push(adoptProcess(findStatePath(), process));
  });
  const kill = async () => {
    await Promise.all(adoptions.splice(0));
    await Promise.all(processes.splice(0).map((process) => stopProcess(process, 'SIGKILL')));
  };
  onTestFinished(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  // The services that run for the tests are made of the same programs.
  const found = findPrograms(process.env) as Required<Found>;
  const { url } = await launch(place, found);
  return { url, kill, start: async () => void (await launch(place, found)) };
}
