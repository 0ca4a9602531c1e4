import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';
import type { TaskBody, TaskEventBody } from '../../server/contract/tasks.ts';
import TaskAttempts from '../../web/src/parts/task/TaskAttempts.svelte';
import TaskSteps from '../../web/src/parts/task/TaskSteps.svelte';
import { taskBody } from '../helpers/bodies.ts';
import { openApp, show } from './stage.ts';

const step = (key: string) =>
  document.querySelector<HTMLElement>(`[data-step="${key}"]`)?.textContent?.replaceAll(/\s+/g, ' ');
const event = (type: string, timestamp: number, more: Record<string, unknown> = {}): TaskEventBody => ({
  type,
  uuid: 'x',
  hostname: 'a@host',
  timestamp,
  clock: null,
  pid: null,
  ...more,
});

function showSteps(task: TaskBody, nowS = 1000) {
  const app = openApp({}, nowS);
  show(app, TaskSteps, { task });
  return app;
}

describe('the steps of a task', () => {
  it('name each wait between two moments', () => {
    showSteps(taskBody());
    expect(step('received')).toMatch(/1\.00 s in the queue.*Received/);
    expect(step('started')).toMatch(/2\.00 s prefetched.*Started/);
    expect(step('ended')).toMatch(/7\.00 s running.*Succeeded/);
  });

  it('tell a wait for an ETA from one behind other tasks', () => {
    showSteps(taskBody({ eta: '1970-01-01T00:01:43+00:00' }));
    expect(step('started')).toMatch(/2\.00 s until its ETA/);
  });

  it('count the wait that goes on, and say which moments have not come', async () => {
    const app = showSteps(taskBody({ state: 'STARTED', succeeded: null, result: null, runtime: null }), 145);
    expect(step('ended')).toMatch(/42 s running so far/);
    expect(step('ended')).toContain('not yet');
    app.clock.now = 165;
    await waitFor(() => expect(step('ended')).toMatch(/1 min 02 s running so far/));
  });

  it('say what no event told, and what the sender would have to tell', () => {
    showSteps(taskBody({ sent: null, inferred: ['state'] }));
    expect(step('sent')).toContain('not seen: the sender needs task_send_sent_event');
    expect(step('ended')).toContain('inferred');
    expect(step('started')).not.toContain('inferred');
    // Since when it waited nobody knows: no number stands there.
    expect(step('received')).not.toMatch(/\d s in the queue/);
  });

  it('give no time that clocks contradict, and none for how long a lost task ran', () => {
    showSteps(taskBody({ sent: 110, received: 101, state: 'LOST', succeeded: null, timestamp: 500 }));
    expect(step('received')).toMatch(/— in the queue/);
    expect(within(document.body).getByTitle(/clocks of the two machines/).textContent).toBe('—');
    expect(step('ended')).toContain('Found lost');
    expect(step('ended')).not.toContain('running');
  });
});

describe('the timeline of attempts', () => {
  const retried: TaskEventBody[] = [
    event('task-sent', 100, { retries: 0 }),
    event('task-received', 101, { retries: 0 }),
    event('task-started', 103),
    event('task-retried', 104, { exception: "GatewayBusy('503')" }),
    event('task-received', 106, { retries: 1 }),
    event('task-started', 108),
    event('task-succeeded', 110),
  ];

  it('tells in words what its bars show, attempt by attempt', () => {
    show(openApp(), TaskAttempts, { task: taskBody({ retries: 1 }), events: retried });
    const bars = screen.getAllByRole('img').map((bar) => bar.getAttribute('aria-label'));
    expect(bars).toEqual([
      'in the queue 1.00 s, prefetched 2.00 s, running 1.00 s; Retry',
      'prefetched 2.00 s, running 2.00 s; Success',
    ]);
    screen.getByText('Attempt 1');
    screen.getByText('Attempt 2');
    screen.getByText("GatewayBusy('503')");
  });

  it('draws all attempts on one axis, one after the other', () => {
    show(openApp(), TaskAttempts, { task: taskBody({ retries: 1 }), events: retried });
    const runs = [...document.querySelectorAll<HTMLElement>('.span.run')];
    expect(runs.map(({ style }) => [parseFloat(style.left), parseFloat(style.width)])).toEqual([
      [30, 10],
      [80, 20],
    ]);
  });

  it('tells kinds of waiting apart without colour, and lists those that there are', () => {
    show(openApp(), TaskAttempts, { task: taskBody(), events: [] });
    const legend = screen.getByRole('group', { name: 'Where the time went' }).querySelectorAll('.legend li');
    expect([...legend].map((entry) => entry.textContent?.trim())).toEqual(['in the queue', 'prefetched', 'running']);
    const patterns = [...legend].map((entry) => entry.querySelector('.swatch')?.className);
    expect(new Set(patterns).size).toBe(3);
  });

  it('goes on while the task does', async () => {
    const app = openApp({}, 120);
    const task = taskBody({ state: 'STARTED', succeeded: null, result: null, runtime: null });
    show(app, TaskAttempts, { task, events: [] });
    expect(screen.getByRole('img').getAttribute('aria-label')).toMatch(/running 17 s so far$/);
    app.clock.now = 143;
    await waitFor(() => expect(screen.getByRole('img').getAttribute('aria-label')).toMatch(/running 40 s so far$/));
  });
});
