import { expect, it } from 'vitest';
import { toSummary } from '../../scripts/ci/summary.ts';

const toFile = (...statuses: string[]) => ({
  name: 'x.test.ts',
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status) => ({ status })),
});

it('adds up the tests of all files', () => {
  const report = { testResults: [toFile('passed', 'passed'), toFile('passed', 'failed')] };
  expect(toSummary(report)).toEqual({ passed: 3, failed: 1, skipped: 0 });
});

it('counts a file that could not be loaded as a failure', () => {
  const report = { testResults: [toFile('passed'), { name: 'y.test.ts', status: 'failed', assertionResults: [] }] };
  expect(toSummary(report)).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

it('counts a file whose hook failed after its tests passed as a failure', () => {
  const report = { testResults: [{ ...toFile('passed'), status: 'failed' }] };
  expect(toSummary(report)).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

it('notices tests that did not run', () => {
  expect(toSummary({ testResults: [toFile('passed', 'skipped', 'todo')] })).toEqual({
    passed: 1,
    failed: 0,
    skipped: 2,
  });
});
