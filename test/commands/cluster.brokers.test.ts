import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startWorker } from '../helpers/celery.ts';
import { runProgram } from '../helpers/server.ts';
import { patiently, useRedis, useVhost } from '../helpers/stage.ts';

const program = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));

/** `herbarium events --dump`, from when it has heard the worker. */
async function startDump(broker: string, worker: string) {
  const argv = [program, 'events', '--dump', '--broker', broker];
  const child = spawn(process.execPath, argv, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await vi.waitFor(() => expect(out).toMatch(new RegExp(`^${worker} \\[.*\\] worker heartbeat`, 'm')), patiently);
  const interrupt = async (): Promise<number | null> => {
    const closed = once(child, 'close');
    child.kill('SIGINT');
    await closed;
    return child.exitCode;
  };
  return { read: () => out, interrupt };
}

const stages = {
  redis: async () => ({ broker: (await useRedis()).url, listQueues: async () => [] as string[] }),
  amqp: async () => {
    const vhost = await useVhost();
    const listQueues = async () => (await vhost.listQueues()).map(({ name }) => name);
    return { broker: vhost.url, listQueues };
  },
};

it.each(['redis', 'amqp'] as const)(
  'a shell asks, tells, calls and watches a worker over %s',
  async (kind) => {
    const { broker, listQueues } = await stages[kind]();
    const name = `shell@${kind}`;
    const worker = await startWorker({ brokerUrl: broker, name });
    onTestFinished(() => worker.kill());
    const before = await listQueues();
    const dump = await startDump(broker, name);
    // On a loaded machine a worker takes its time; those who are named are not waited for any longer than they need.
    const run = (...argv: string[]) => runProgram([...argv, '--broker', broker]);
    const ask = (...argv: string[]) => run(...argv, '--destination', name, '--timeout', '20s');

    const [pinged, queues, conf, limited, shrunk, called, nobody] = await Promise.all([
      ask('inspect', 'ping', '--json'),
      ask('inspect', 'active_queues'),
      ask('inspect', 'conf'),
      ask('control', 'rate_limit', 'shop.greetings.say', '100/s'),
      ask('control', 'pool_shrink', '2'),
      run('call', 'shop.reports.count', '-a', '[3]', '--queue', 'fulfilment'),
      run('inspect', 'ping', '-d', 'nobody@nowhere'),
    ]);
    expect(pinged).toEqual({ code: 0, err: '', out: `{"${name}":{"ok":"pong"}}\n` });
    expect(queues).toMatchObject({ code: 0, err: '' });
    expect(queues.out).toMatch(new RegExp(`^worker +queue +exchange +type +routing key\\n${name} +\\w+`));
    expect(conf.out).toMatch(new RegExp(`^${name} +task_send_sent_event +true$`, 'm'));
    expect(limited).toMatchObject({ code: 0, out: expect.stringMatching(/new rate limit set successfully/) as string });
    expect(shrunk).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/at least 1 has to stay/) as string });
    expect(called).toMatchObject({ code: 0, out: expect.stringMatching(/^[\da-f-]{36}\n$/) as string });
    expect(nobody).toMatchObject({ code: 69, out: '', err: 'nobody@nowhere did not answer within 1 s\n' });

    const id = called.out.trim();
    const ended = new RegExp(`^${name} \\[.*\\] task succeeded: shop\\.reports\\.count\\(${id}\\) result=`, 'm');
    await vi.waitFor(() => expect(dump.read()).toMatch(ended), patiently);
    expect(await dump.interrupt()).toBe(130);
    // What is left on RabbitMQ was there before: the worker's own.
    await vi.waitFor(async () => expect((await listQueues()).sort()).toEqual(before.sort()), patiently);
  },
  180_000,
);
