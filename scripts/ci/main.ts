// Prints the closing line of .ci/run out of vitest's report. Exit code 0 only if tests ran, all of them, and passed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toSummary, type Report, type Summary } from './summary.ts';

const resultsPath = join(import.meta.dirname, '../../.cache/test-results.json');

function readSummary(): Summary {
  try {
    return toSummary(JSON.parse(readFileSync(resultsPath, 'utf8')) as Report);
  } catch {
    console.log('No test ran.');
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

const { passed, failed, skipped } = readSummary();
if (skipped > 0) console.log(`${String(skipped)} skipped: a test here runs or fails.`);
console.log(`${String(passed)} passed, ${String(failed)} failed`);
process.exitCode = passed > 0 && failed === 0 && skipped === 0 ? 0 : 1;
