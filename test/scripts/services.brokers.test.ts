import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askManagement, answers, toPort } from '../../scripts/services/answers.ts';
import { identify, isAlive, stopProcess, type Process } from '../../scripts/services/processes.ts';
import { adoptProcess, startServices, stopServices } from '../../scripts/services/services.ts';
import { readState, serverNames, writeState, type ServiceSet } from '../../scripts/services/state.ts';

let folder: string;
let statePath: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'herbarium-sets-'));
  statePath = join(folder, 'one.json');
});

afterEach(async () => {
  await stopServices(statePath);
  await stopServices(join(folder, 'two.json'));
  rmSync(folder, { recursive: true });
});

function readSet(): ServiceSet {
  const set = readState(statePath);
  if (!set) throw new Error('There is no set.');
  return set;
}

function listProcesses(set: ServiceSet): Process[] {
  return Object.values(set.running).flatMap(({ processes }) => processes);
}

it('starts servers that answer, the same ones when asked twice, and leaves nothing of them', async () => {
  const first = await startServices(serverNames, { statePath });
  const set = readSet();
  const second = await startServices(serverNames, { statePath });
  expect(second.services).toEqual(first.services);
  expect(readSet()).toEqual(set);
  for (const name of serverNames) expect(await answers(name, first.services)).toBe(true);

  await second.stop();
  for (const name of serverNames) expect(await answers(name, first.services)).toBe(false);
  await expect(askManagement(toPort(first.services.amqp.managementUrl))).rejects.toThrow();
  expect(listProcesses(set).filter(isAlive)).toEqual([]);
  expect(existsSync(set.folder)).toBe(false);
  expect(existsSync(statePath)).toBe(false);
});

it('starts again what was killed, and only that', async () => {
  const before = await startServices(['redis', 'postgres'], { statePath });
  const [redis] = readSet().running.redis?.processes ?? [];
  if (!redis) throw new Error('Redis has no process.');
  await stopProcess(redis, 'SIGKILL');

  const after = await startServices(['redis', 'postgres'], { statePath });
  expect(await answers('redis', after.services)).toBe(true);
  expect(after.services.redis.url).not.toBe(before.services.redis.url);
  expect(after.services.postgres).toEqual(before.services.postgres);
});

it('keeps two sets apart', async () => {
  const one = await startServices(['redis'], { statePath });
  const two = await startServices(['redis'], { statePath: join(folder, 'two.json') });
  expect(two.services.redis.url).not.toBe(one.services.redis.url);
  await two.stop();
  expect(await answers('redis', one.services)).toBe(true);
});

it('sweeps away the set of a process that was killed, with what it had adopted', async () => {
  const owner = spawn('sleep', ['60']);
  const adopted = spawn('sleep', ['60'], { detached: true });
  const started = await startServices(['redis'], { statePath, isOwned: true });
  const late = spawn('sleep', ['60'], { detached: true });
  started.adopt(identify(adopted.pid ?? 0));
  await adoptProcess(statePath, identify(late.pid ?? 0));
  const set = { ...readSet(), owner: identify(owner.pid ?? 0) };
  writeState(statePath, set);

  const other = { statePath: join(folder, 'two.json') };
  await startServices(['redis'], other);
  expect(await answers('redis', started.services)).toBe(true);

  owner.kill('SIGKILL');
  while (set.owner && isAlive(set.owner)) await sleep(10);
  await startServices(['redis'], other);
  expect(await answers('redis', started.services)).toBe(false);
  expect(readState(statePath)).toBeUndefined();
  expect(set.adopted).toHaveLength(2);
  expect(set.adopted.filter(isAlive)).toEqual([]);
});

it('is not held up by the lock of a process that was killed', async () => {
  const holder = spawn('sleep', ['60']);
  writeState(`${statePath}.lock`, identify(holder.pid ?? 0) as never);
  let isStarted = false;
  const starting = startServices(['redis'], { statePath }).then(() => (isStarted = true));
  await sleep(300);
  expect(isStarted).toBe(false);
  holder.kill('SIGKILL');
  await starting;
  expect(isStarted).toBe(true);
});
