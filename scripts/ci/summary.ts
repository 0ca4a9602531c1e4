/** What is read of vitest's JSON report. */
export interface Report {
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
}

export interface Summary {
  passed: number;
  failed: number;
  /** Tests that did not run though nobody left them out on the command line. */
  skipped: number;
}

/** Adds up all files of all projects. A file that could not be loaded counts as one failure. */
export function toSummary(report: Report): Summary {
  const count = (...statuses: string[]): number =>
    report.testResults.flatMap((file) => file.assertionResults).filter(({ status }) => statuses.includes(status))
      .length;
  const unloadable = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: count('passed'),
    failed: count('failed') + unloadable.length,
    skipped: count('skipped', 'pending', 'todo', 'disabled'),
  };
}
