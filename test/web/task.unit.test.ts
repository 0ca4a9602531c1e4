import { describe, expect, it } from 'vitest';
import { taskStates } from '../../server/contract/states.ts';
import { statesInOrder, toStateView } from '../../web/src/models/task-state.ts';
import { toOutcome, toRelatives, toRunTime, toTaskSteps } from '../../web/src/models/task.ts';
import { taskBody } from '../helpers/bodies.ts';

const waits = (...args: Parameters<typeof toTaskSteps>) =>
  toTaskSteps(...args).map(({ wait }) => wait && `${wait.label} ${wait.seconds}${wait.running ? '…' : ''}`);

describe('states', () => {
  it('offers each of Celery’s states once', () => {
    expect([...statesInOrder].sort()).toEqual([...taskStates].sort());
  });

  it('shows a state of the task’s own by its name', () => {
    expect(toStateView('UPLOAD_DONE')).toMatchObject({ tone: 'custom', label: 'Upload done' });
    expect(toStateView('constructor').tone).toBe('custom');
  });
});

describe('the steps of a task', () => {
  it('name the waits between them', () => {
    expect(waits(taskBody(), 999)).toEqual([null, 'in the queue 1', 'prefetched 2', 'running 7']);
  });

  it('let the last wait run on until something follows', () => {
    const running = taskBody({ state: 'STARTED', succeeded: null });
    expect(waits(running, 120)).toEqual([null, 'in the queue 1', 'prefetched 2', 'running 17…']);
    const queued = taskBody({ state: 'PENDING', received: null, started: null, succeeded: null });
    expect(waits(queued, 120)).toEqual([null, 'in the queue 20…', null, null]);
  });

  it('say that a task is held until its ETA', () => {
    const held = taskBody({ state: 'RECEIVED', started: null, succeeded: null, eta: '1970-01-01T01:00:00+00:00' });
    expect(waits(held, 120)[2]).toBe('until its ETA 19…');
  });

  it('do not run on after the end, whatever was not seen', () => {
    expect(waits(taskBody({ started: null }), 999)).toEqual([null, 'in the queue 1', null, null]);
    const revoked = taskBody({ state: 'REVOKED', started: null, succeeded: null, revoked: 105 });
    expect(toTaskSteps(revoked, 999)[3]).toMatchObject({ label: 'Revoked', at: 105 });
  });

  it('give no wait where two clocks contradict each other', () => {
    const step = toTaskSteps(taskBody({ sent: 200 }), 999)[1];
    expect(step?.wait).toMatchObject({ seconds: null, skewed: true });
  });

  it('take a sent event that is older than the received one by a moment for no wait', () => {
    expect(waits(taskBody({ sent: 101.02 }), 999)[1]).toBe('in the queue 0');
  });

  it('do not show an earlier attempt’s start as this one’s', () => {
    const again = taskBody({ state: 'RECEIVED', received: 108, started: 103, retried: 104, succeeded: null });
    expect(toTaskSteps(again, 120)[2]).toMatchObject({ at: null, wait: { running: true, seconds: 12 } });
  });
});

describe('the run time', () => {
  it('is the worker’s own measure when there is one', () => {
    expect(toRunTime(taskBody(), 999)).toEqual({ seconds: 6.9, running: false });
  });

  it('is what lies between start and end of a failure', () => {
    const failed = taskBody({ state: 'FAILURE', runtime: null, succeeded: null, failed: 104.5 });
    expect(toRunTime(failed, 999)).toEqual({ seconds: 1.5, running: false });
  });

  it('runs while the task does, in a state of its own too', () => {
    expect(toRunTime(taskBody({ state: 'PROGRESS', runtime: null }), 120)).toEqual({ seconds: 17, running: true });
  });

  it('is none before the start', () => {
    expect(toRunTime(taskBody({ state: 'RECEIVED', started: null, runtime: null }), 120)).toBeNull();
    expect(toRunTime(taskBody({ state: 'RECEIVED', received: 108, runtime: null }), 120)).toBeNull();
  });
});

it('shows what came of a task: its result, or its exception', () => {
  expect(toOutcome(taskBody())).toEqual({ kind: 'result', text: '350' });
  const failed = taskBody({ state: 'FAILURE', exception: "ValueError('x')" });
  expect(toOutcome(failed)).toEqual({ kind: 'exception', text: "ValueError('x')" });
  // An exception of an earlier attempt is not what became of a task that succeeded.
  expect(toOutcome(taskBody({ exception: "GatewayBusy('x')" }))?.kind).toBe('result');
  expect(toOutcome(taskBody({ state: 'STARTED' }))).toBeNull();
});

it('never makes a retried task its own parent, child or root', () => {
  const uuid = 'a';
  const task = taskBody({ uuid, root_id: uuid, parent_id: uuid, children: ['b', uuid, 'b', 'c'] });
  expect(toRelatives(task)).toEqual({ root: null, parent: null, children: ['b', 'c'] });
  expect(toRelatives(taskBody({ uuid, root_id: 'r', parent_id: 'p' }))).toEqual({
    root: 'r',
    parent: 'p',
    children: [],
  });
});
