import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PublishRequest } from '../../server/contract/publish.ts';
import { publishRequest } from '../../server/contract/publish.ts';
import { openTaskSender, type TaskSender } from '../../server/brokers/open-task-sender.ts';
import { openResultBackend } from '../../server/control/open-result-backend.ts';
import { readCallBody } from '../../server/control/call-body.ts';
import { readClusterSettings, type ClusterSettings } from '../../server/control/cluster-settings.ts';
import { openPublisher, type Publisher } from '../../server/control/publisher.ts';
import { openResultView, type ResultView } from '../../server/control/result-view.ts';
import type { ResultBackend } from '../../server/control/results.ts';
import { askCelery, startCallee } from '../helpers/callee.ts';
import { runPython, type CeleryVersion, type TestWorker } from '../helpers/celery.ts';
import { makeVhost } from '../helpers/rabbitmq.ts';
import { startRedisServer } from '../helpers/redis-server.ts';

interface Place {
  brokerUrl: string;
  resultBackend: string;
  remove(): Promise<void>;
}

/** Results are in a Redis either way. */
async function makePlace(kind: 'redis' | 'amqp'): Promise<Place> {
  const redis = await startRedisServer();
  const resultBackend = `redis://127.0.0.1:${redis.port}/5`;
  if (kind === 'redis')
    return { brokerUrl: `redis://127.0.0.1:${redis.port}/3`, resultBackend, remove: () => redis.remove() };
  const vhost = await makeVhost('publish');
  const remove = async () => void (await Promise.all([vhost.remove(), redis.remove()]));
  return { brokerUrl: vhost.url, resultBackend, remove };
}

const cases: ['redis' | 'amqp', CeleryVersion][] = [
  ['redis', 'python'],
  ['redis', 'celeryNewest'],
  ['amqp', 'python'],
  ['amqp', 'celeryNewest'],
];

describe.each(cases)('a task sent over %s to a worker of %s', (kind, celery) => {
  let place: Place;
  let worker: TestWorker;
  let sender: TaskSender;
  let backend: ResultBackend;
  let publisher: Publisher;
  let results: ResultView;
  let settings: ClusterSettings;

  beforeAll(async () => {
    place = await makePlace(kind);
    worker = await startCallee({ ...place, celery, args: ['-Q', 'celery,mail'] });
    const { brokerUrl: url, resultBackend } = place;
    sender = openTaskSender({ url, eventExchange: 'celeryev' });
    const broker = { url, transport: {} };
    backend = openResultBackend({ url: resultBackend, transport: {}, broker, expiresS: () => 3600 });
    settings = readClusterSettings([]);
    publisher = openPublisher({ sender, settings: () => settings, results: backend, now: () => Date.now() / 1000 });
    results = openResultView(backend, null);
  });
  afterAll(async () => {
    sender.close();
    await backend.close();
    await worker.kill();
    await place.remove();
  });

  const send = (task: string, body: string | object = ''): Promise<string> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const { args, kwargs, ...options } = readCallBody<PublishRequest>(publishRequest, text);
    return publisher.publish({ task, args, kwargs, options });
  };
  const ended = (id: string) => results.wait(id, AbortSignal.timeout(20_000));
  const echo = async (body: string | object) => {
    const { body: answer } = await ended(await send('callee.echo', body));
    expect(answer.state).toBe('SUCCESS');
    return answer.result as Record<string, unknown>;
  };

  it('runs with exactly the arguments it was given', async () => {
    const body = `{"args": [1, 2.0, 12345678901234567890, 1e3, "it's \\u017e 🐴", null, true, {"a": [1, {"b": []}]}], "kwargs": {"x": -0.5}}`;
    expect(await echo(body)).toMatchObject({
      args: `(1, 2.0, 12345678901234567890, 1000.0, "it's ž 🐴", None, True, {'a': [1, {'b': []}]})`,
      kwargs: "{'x': -0.5}",
      retries: 0,
    });
  });

  it('comes by the queue, with the priority, headers and limits that were asked for', async () => {
    // Numbers of every length there is on the wire: one written wrongly ends the worker.
    const tenant = { seats: [127, 128, 200, 32767, 32768, -5, -200, 5e9, 2.5, null, true], '': { of: 'acme' } };
    const asked = {
      queue: 'mail',
      priority: 6,
      headers: { tenant },
      time_limit: 300,
      soft_time_limit: 30.5,
      retries: 200,
      root_id: 'the-root',
      compression: 'gzip',
    };
    expect(await echo(asked)).toMatchObject({
      exchange: '',
      routing_key: 'mail',
      priority: 6,
      tenant,
      timelimit: [300, 30.5],
      retries: 200,
      root_id: 'the-root',
    });
  });

  it('waits for its time, and is gone after it', async () => {
    const before = Date.now() / 1000;
    const { eta, expires } = await echo({ countdown: 1.5, expires: 60 });
    expect(Date.parse(String(eta)) / 1000).toBeGreaterThan(before + 1.4);
    expect(Date.parse(String(expires)) / 1000).toBeGreaterThan(before + 59);
    const late = await send('callee.echo', { expires: '2020-01-01 00:00:00.5' });
    const gone = await results.wait(late, AbortSignal.timeout(2000));
    // RabbitMQ throws it away, a worker on Redis revokes it.
    expect(['PENDING', 'REVOKED']).toContain(gone.body.state);
  });

  it('has results that Celery reads as we do', async () => {
    const [sum, failed] = [await send('callee.add', { args: [2, 3] }), await send('callee.fail', { args: ['boom'] })];
    expect((await ended(sum)).json).toBe(`{"task-id": "${sum}", "state": "SUCCESS", "result": 5}`);
    expect(await askCelery(sum, place)).toEqual({ state: 'SUCCESS', result: 5 });
    expect((await ended(failed)).body).toMatchObject({ state: 'FAILURE', result: "ValueError('boom')" });
    expect((await ended(failed)).body.traceback).toMatch(/^Traceback .*ValueError: boom/s);
    expect(await askCelery(failed, place)).toEqual({ state: 'FAILURE', result: "ValueError('boom')" });
  });

  it('of a name that the worker does not know fails there, and harms nobody', async () => {
    const { body } = await ended(await send('callee.nowhere'));
    // The worker throws it away; newer ones say so in the result backend.
    expect(['PENDING', 'FAILURE']).toContain(body.state);
    expect((await ended(await send('callee.add', { args: [1, 1] }))).body.result).toBe(2);
  }, 60_000);

  it('that is linked to another one runs after it', async () => {
    const link = { task: 'callee.add', args: [10], options: { queue: 'mail', task_id: 'linked' } };
    await send('callee.add', { args: [1, 2], link });
    expect((await ended('linked')).body.result).toBe(13);
  });

  it('to a queue that is not there yet waits in it for the worker that comes', async () => {
    const id = await send('callee.add', { args: [20, 3], queue: 'later' });
    const code = `import callee; print(callee.app.control.add_consumer('later', reply=True))`;
    const { brokerUrl } = place;
    await runPython(code, { brokerUrl, env: { PYTHONPATH: new URL('../helpers', import.meta.url).pathname } });
    expect((await ended(id)).body.result).toBe(23);
  });

  it('goes where the app routes it, and tells of it where the app does', async () => {
    const conf = { task_routes: { 'callee.e*': { queue: 'mail' } }, task_send_sent_event: true };
    settings = readClusterSettings([{ timestamp: 1, conf }]);
    expect(await echo({})).toMatchObject({ routing_key: 'mail' });
    expect(await echo({ queue: 'celery' })).toMatchObject({ routing_key: 'celery' });
    settings = readClusterSettings([]);
  });

  it('to an exchange that has no queue is refused, for it would be lost', async () => {
    const lost = send('callee.add', { exchange: 'nowhere', routing_key: 'x' });
    await expect(lost).rejects.toMatchObject({ code: 'bad_request' });
    const found = await echo({ exchange: 'later', routing_key: 'later' });
    expect(found).toMatchObject({ exchange: 'later', routing_key: 'later' });
  });

  it('is aborted when it asks whether it is, and so is one that nobody has heard of', async () => {
    const id = await send('callee.abortable');
    await vi.waitFor(async () => expect((await results.show(id)).body.state).toBe('STARTED'), 20_000);
    await results.abort(id);
    // The task looks every 50 ms, and may have stopped by now.
    expect(['ABORTED', 'SUCCESS']).toContain((await results.show(id)).body.state);
    expect((await ended(id)).body.result).toBe('stopped');
    await results.abort('unheard-of');
    expect((await results.show('unheard-of')).body.state).toBe('ABORTED');
  });

  it('is waited for no longer than was said', async () => {
    const id = await send('callee.echo', { countdown: 600 });
    const { body } = await results.wait(id, AbortSignal.timeout(50));
    expect(body).toEqual({ 'task-id': id, state: 'PENDING' });
  });
});
