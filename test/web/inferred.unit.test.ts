import { describe, expect, it } from 'vitest';
import type { TaskEventBody } from '../../server/contract/tasks.ts';
import { toInferredHint } from '../../web/src/models/inferred.ts';
import { toEventViews } from '../../web/src/models/task-event.ts';
import { toStateView } from '../../web/src/models/task-state.ts';
import { toRunTime, toTaskSteps } from '../../web/src/models/task.ts';
import { taskBody } from '../helpers/bodies.ts';

const inferred = (source: string, fields: object): TaskEventBody => ({
  type: 'task-inferred',
  uuid: 'a',
  hostname: 'herbarium',
  timestamp: 120,
  clock: null,
  pid: null,
  source,
  ...fields,
});

describe('what no event told', () => {
  const lost = taskBody({
    state: 'LOST',
    timestamp: 120,
    succeeded: null,
    runtime: null,
    inferred: ['state', 'timestamp'],
  });

  it('is said with its source', () => {
    const events = [
      inferred('active', { state: 'STARTED', args: '(1,)' }),
      inferred('result', { state: 'SUCCESS', result: '7' }),
    ];
    const task = taskBody({
      state: 'SUCCESS',
      result: '7',
      args: '(1,)',
      inferred: ['state', 'succeeded', 'result', 'args'],
    });
    expect(toInferredHint(task, 'result', events)).toBe('inferred from the result backend');
    expect(toInferredHint(task, 'state', events)).toBe('inferred from the result backend');
    expect(toInferredHint(task, 'args', events)).toMatch(/what its worker runs/);
    expect(toInferredHint(task, 'worker', events)).toBeNull();
    expect(toInferredHint(task, 'result', [])).toBe('inferred: no event told it');
    expect(toInferredHint(lost, 'state', [inferred('lost', { state: 'LOST' })])).toMatch(/being gone/);
  });

  it('has the colour of what it says in the list of events', () => {
    const events = [
      inferred('result', { state: 'FAILURE' }),
      { ...inferred('lost', { state: 'LOST' }), hostname: 'w1@a' },
    ];
    const [end, own] = toEventViews(events, taskBody());
    expect([end?.tone, own?.tone]).toEqual(['failure', 'custom']);
  });

  it('makes a lost task rest: it runs no more, and how long it ran nobody knows', () => {
    expect(toStateView('LOST')).toMatchObject({ tone: 'lost', label: 'Lost' });
    expect(toTaskSteps(lost, 999)[3]).toMatchObject({ label: 'Found lost', at: 120, inferred: true, wait: null });
    expect(toTaskSteps(lost, 999)[2]).toMatchObject({ at: 103, inferred: false, wait: { running: false } });
    expect(toRunTime(lost, 999)).toBeNull();
    const held = taskBody({ ...lost, started: null });
    expect(toTaskSteps(held, 999)[2]).toMatchObject({ at: null, missing: 'not seen', wait: null });
  });
});
