import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LiveMessage, LiveRequest } from '../../server/contract/live.ts';
import { LiveFeed } from '../../server/live/feed.ts';
import { WorkerRegistry } from '../../server/live/worker-registry.ts';
import type { ShowTask } from '../../server/query/shown-task.ts';
import { toTaskBody } from '../../server/query/task-body.ts';
import { FakeLog, FakeTasks, sampleStatus } from '../helpers/http-server.ts';
import { sampleTask, sampleWorker } from '../helpers/samples.ts';

const nothing = { tasks: [], alsoChanged: [], workers: [] };

/** A page's end of the wire: what it got, and how much it has not read. */
class FakePage {
  readonly texts: string[] = [];
  bufferedBytes = 0;
  send = (text: string): void => void this.texts.push(text);

  of<T extends LiveMessage['topic']>(topic: T): Extract<LiveMessage, { topic: T }>[] {
    const messages = this.texts.map((text) => JSON.parse(text) as LiveMessage);
    return messages.filter((message): message is Extract<LiveMessage, { topic: T }> => message.topic === topic);
  }
}

function setUp(showTask?: ShowTask) {
  const tasks = new FakeTasks();
  const workers = new WorkerRegistry(100);
  const log = new FakeLog();
  const status = vi.fn(() => Promise.resolve(sampleStatus));
  const feed = new LiveFeed({ tasks, showTask, workers, status, log, now: () => Date.now() / 1000 });
  const open = (...topics: LiveRequest[]) => {
    const page = new FakePage();
    const client = feed.join(page);
    client.subscribe(topics);
    return { page, client };
  };
  return { tasks, workers, log, status, feed, open };
}

const tick = () => vi.advanceTimersByTimeAsync(250);

beforeEach(() => vi.useFakeTimers({ now: 1000_000 }));
afterEach(() => vi.useRealTimers());

test('tasks that change are told as they are to be seen', async () => {
  const { feed, open } = setUp((task) => ({ ...task, args: 'hidden' }));
  const { page } = open({ topic: 'tasks' });
  await tick();
  feed.publish({ ...nothing, tasks: [sampleTask({ uuid: 'new', args: "('secret',)" })] });
  await tick();
  expect(page.of('tasks').at(-1)?.tasks).toMatchObject([{ uuid: 'new', args: 'hidden' }]);
  expect(page.texts.join()).not.toContain('secret');
});

test('a page that shows tasks gets the newest, with their children, and then what changes', async () => {
  const { tasks, feed, open } = setUp();
  tasks.stored.push(...Array.from({ length: 60 }, (_, i) => toTaskBody(sampleTask({ uuid: `t${i}` }), ['child'])));
  const { page } = open({ topic: 'tasks' });
  await tick();
  expect(page.of('tasks')).toMatchObject([{ snapshot: true, dropped: 0 }]);
  expect(page.of('tasks')[0]?.tasks).toEqual(tasks.stored.slice(0, 50));

  feed.publish({
    ...nothing,
    tasks: [sampleTask({ uuid: 'old', timestamp: 1 }), sampleTask({ uuid: 'new', timestamp: 2 })],
  });
  await tick();
  const change = page.of('tasks')[1];
  expect(change).not.toHaveProperty('snapshot');
  expect(change?.tasks.map(({ uuid }) => uuid)).toEqual(['new', 'old']);
});

test('changes come at most four times a second, and each task once, as it is last', async () => {
  const { feed, open } = setUp();
  const { page } = open({ topic: 'tasks' });
  await tick();
  page.texts.length = 0;
  for (let i = 0; i < 100; i++) {
    feed.publish({ ...nothing, tasks: [sampleTask({ uuid: 'busy', clock: i })] });
    await vi.advanceTimersByTimeAsync(10);
  }
  const sent = page.of('tasks');
  expect(sent.length).toBeGreaterThanOrEqual(3);
  expect(sent.length).toBeLessThanOrEqual(5);
  expect(sent.every(({ tasks }) => tasks.length === 1)).toBe(true);
  await tick();
  expect(page.of('tasks').at(-1)?.tasks[0]?.clock).toBe(99);
});

test('one message carries fifty tasks, and says how many more changed', async () => {
  const { feed, open } = setUp();
  const { page } = open({ topic: 'tasks' });
  await tick();
  const changed = Array.from({ length: 70 }, (_, i) => sampleTask({ uuid: `t${i}`, timestamp: i }));
  feed.publish({ ...nothing, tasks: changed, alsoChanged: ['x', 'y', 't3'] });
  await tick();
  const message = page.of('tasks').at(-1);
  expect(message?.tasks).toHaveLength(50);
  expect(message?.tasks[0]?.uuid).toBe('t69');
  expect(message?.dropped).toBe(22);
});

test('a page that shows one task gets it now, and again when it, or a child of it, changed', async () => {
  const { tasks, feed, open } = setUp();
  tasks.stored.push(toTaskBody(sampleTask({ uuid: 'shown', state: 'STARTED' }), []));
  const { page } = open({ topic: 'task', uuid: 'shown' });
  await tick();
  expect(page.of('task')).toMatchObject([{ uuid: 'shown', task: { state: 'STARTED' } }]);

  tasks.stored[0] = toTaskBody(sampleTask({ uuid: 'shown', state: 'SUCCESS' }), []);
  feed.publish({ ...nothing, alsoChanged: ['shown'] });
  await tick();
  expect(page.of('task').at(-1)).toMatchObject({ task: { state: 'SUCCESS' } });

  tasks.stored[0] = toTaskBody(sampleTask({ uuid: 'shown' }), ['child']);
  feed.publish({ ...nothing, tasks: [sampleTask({ uuid: 'child', parentId: 'shown' })] });
  await tick();
  expect(page.of('task').at(-1)).toMatchObject({ task: { children: ['child'] } });

  feed.publish({ ...nothing, tasks: [sampleTask({ uuid: 'other' })] });
  await tick();
  expect(page.of('task')).toHaveLength(3);
  expect(page.of('tasks')).toHaveLength(0);
});

test('a task nobody has seen yet is told when it comes', async () => {
  const { tasks, feed, open } = setUp();
  const { page } = open({ topic: 'task', uuid: 'soon' });
  await tick();
  expect(page.of('task')).toHaveLength(0);
  tasks.stored.push(toTaskBody(sampleTask({ uuid: 'soon' }), []));
  feed.publish({ ...nothing, tasks: [sampleTask({ uuid: 'soon' })] });
  await tick();
  expect(page.of('task')).toHaveLength(1);
});

test('a page that shows workers is told when one changes, and when one falls silent', async () => {
  const { workers, feed, open } = setUp();
  workers.apply({ workers: [sampleWorker({ lastHeartbeat: 1000, freq: 2 })], counts: new Map() });
  const { page } = open({ topic: 'workers' });
  await tick();
  expect(page.of('workers')).toMatchObject([{ workers: [{ hostname: 'celery@host', alive: true, active: 1 }] }]);

  workers.apply({ workers: [sampleWorker({ active: 5 })], counts: new Map() });
  feed.publish({ ...nothing, workers: [sampleWorker({ active: 5 })] });
  await tick();
  expect(page.of('workers')).toHaveLength(2);
  expect(page.of('workers').at(-1)).toMatchObject({ workers: [{ alive: true, active: 5 }] });

  await vi.advanceTimersByTimeAsync(5000);
  expect(page.of('workers')).toHaveLength(3);
  expect(page.of('workers').at(-1)).toMatchObject({ workers: [{ alive: false }] });
});

test('a new subscription replaces the one before', async () => {
  const { feed, open } = setUp();
  const { page, client } = open({ topic: 'tasks' });
  await tick();
  client.subscribe([{ topic: 'workers' }]);
  await tick();
  page.texts.length = 0;
  feed.publish({ ...nothing, tasks: [sampleTask()] });
  await tick();
  expect(page.of('tasks')).toHaveLength(0);
});

test('every page is told the status at once and every two seconds, and it is asked for once', async () => {
  const { status, open } = setUp();
  const first = open();
  await vi.advanceTimersByTimeAsync(0);
  const second = open();
  expect(first.page.of('status')).toEqual([{ topic: 'status', status: sampleStatus }]);
  expect(second.page.of('status')).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(4000);
  expect(first.page.of('status')).toHaveLength(3);
  expect(second.page.of('status')).toHaveLength(3);
  expect(status).toHaveBeenCalledTimes(3);
});

test('a slow page is sent nothing, and the present state when it has caught up', async () => {
  const { tasks, feed, open } = setUp();
  const slow = open({ topic: 'tasks' }).page;
  const quick = open({ topic: 'tasks' }).page;
  await tick();
  slow.bufferedBytes = 10_000_000;
  slow.texts.length = 0;
  for (let i = 0; i < 40; i++) {
    feed.publish({ ...nothing, tasks: [sampleTask({ uuid: `missed-${i}` })] });
    await tick();
  }
  expect(slow.texts).toEqual([]);
  expect(quick.of('tasks').length).toBeGreaterThan(30);

  tasks.stored.push(toTaskBody(sampleTask({ uuid: 'newest' }), []));
  slow.bufferedBytes = 0;
  await vi.advanceTimersByTimeAsync(1300);
  expect(slow.of('tasks')).toMatchObject([{ snapshot: true, tasks: [{ uuid: 'newest' }] }]);
});

test('a change that comes while the first state is being read is not lost', async () => {
  const { tasks, feed, open } = setUp();
  tasks.stored.push(toTaskBody(sampleTask({ uuid: 'shown', state: 'STARTED' }), []));
  const find = vi.spyOn(tasks, 'find');
  const before = toTaskBody(sampleTask({ uuid: 'shown', state: 'STARTED' }), []);
  find.mockImplementationOnce(() => new Promise((resolve) => setTimeout(() => resolve(before), 600)));
  const { page } = open({ topic: 'task', uuid: 'shown' });
  await tick();
  tasks.stored[0] = toTaskBody(sampleTask({ uuid: 'shown', state: 'SUCCESS' }), []);
  feed.publish({ ...nothing, alsoChanged: ['shown'] });
  await vi.advanceTimersByTimeAsync(1000);
  expect(page.of('task').map(({ task }) => task.state)).toEqual(['STARTED', 'SUCCESS']);
});

test('a page is brought up to date when the store answers again', async () => {
  const { tasks, log, open } = setUp();
  tasks.failure = new Error('the store is away');
  const { page } = open({ topic: 'tasks' });
  await tick();
  expect(page.of('tasks')).toHaveLength(0);
  expect(log.lines).toMatchObject([{ level: 'warn' }]);
  tasks.failure = null;
  await vi.advanceTimersByTimeAsync(1300);
  expect(page.of('tasks')).toMatchObject([{ snapshot: true }]);
});

test('nothing is kept, asked or timed while no page is open', async () => {
  const { feed, status, open } = setUp();
  const { page, client } = open({ topic: 'tasks' });
  await tick();
  client.leave();
  const before = page.texts.length;
  feed.publish({ ...nothing, tasks: [sampleTask()] });
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(5000);
  expect(page.texts).toHaveLength(before);
  expect(status).toHaveBeenCalledTimes(1);
});

test('a page that shows events gets them as they came, with what their tasks are called, and can tell what is missing', async () => {
  const { feed, open } = setUp((task) => ({ ...task, exception: 'hidden' }));
  const { page } = open({ topic: 'events' });
  await tick();
  expect(page.of('events')).toEqual([{ topic: 'events', events: [] }]);
  const told = (type: string, uuid: string | null) => ({ type, at: 5, hostname: 'a@host', uuid });
  const tasks = [sampleTask({ uuid: 'one', name: 'tasks.add', exception: "ValueError('secret')" })];
  feed.publish({ ...nothing, tasks, events: { count: 1, last: [told('task-failed', 'one')] } });
  feed.publish({ ...nothing, events: { count: 9, last: [told('worker-online', null), told('task-sent', 'two')] } });
  await tick();
  const events = page.of('events')[1]?.events;
  expect(events).toEqual([
    { id: 1, type: 'task-failed', at: 5, hostname: 'a@host', uuid: 'one', name: 'tasks.add', exception: 'hidden' },
    { id: 9, type: 'worker-online', at: 5, hostname: 'a@host', uuid: null, name: null, exception: null },
    { id: 10, type: 'task-sent', at: 5, hostname: 'a@host', uuid: 'two', name: null, exception: null },
  ]);

  const { page: second } = open({ topic: 'events' });
  await tick();
  expect(second.of('events')[0]?.events).toEqual(events);
});
