import { expect, it } from 'vitest';
import { toActions } from '../../web/src/models/task-actions.ts';
import { taskBody } from '../helpers/bodies.ts';

const options = { isReadOnly: false, mayAct: true, hasResults: true };
const namesOf = (state: string) => toActions(taskBody({ state }), options).map(({ name }) => name);

it('offers what makes sense for a task as it is now', () => {
  expect(namesOf('SUCCESS')).toEqual(['again']);
  expect(namesOf('FAILURE')).toEqual(['again']);
  expect(namesOf('PENDING')).toEqual(['again', 'revoke', 'abort']);
  expect(namesOf('RETRY')).toEqual(['again', 'revoke']);
  expect(namesOf('STARTED')).toEqual(['again', 'revoke', 'terminate', 'abort']);
  expect(namesOf('PROGRESS')).toEqual(['again', 'revoke', 'terminate', 'abort']);
});

it('says why something cannot be done', () => {
  const running = taskBody({ state: 'STARTED' });
  expect(toActions(running, { ...options, hasResults: false }).find(({ name }) => name === 'abort')?.why).toMatch(
    /result backend/,
  );
  expect(toActions(taskBody({ name: null }), options)[0]?.why).toMatch(/name/);
  expect(toActions(running, { ...options, isReadOnly: true }).every(({ why }) => why?.includes('read-only'))).toBe(
    true,
  );
  expect(toActions(running, { ...options, mayAct: false })[0]?.why).toMatch(/sign-in/);
  expect(toActions(running, { ...options, isReadOnly: null }).every(({ why }) => why !== null)).toBe(true);
});
