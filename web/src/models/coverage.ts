import type { CoveredBody, WorkerCoverageBody } from '../../../server/contract/coverage.ts';
import { countOf, formatCount } from './number.ts';

export interface Seen {
  /** `99.2 %`; a dash when there was nothing to see. */
  text: string;
  /** The same as a sentence. */
  title: string;
  tone: 'failure' | 'retry' | null;
}

const rangeS = 3600;

/** The last hour as one bucket, of which whole minutes make one more minute. `nowS`: by the server's clock. */
export function toCoverageQuery(nowS: number): URLSearchParams {
  return new URLSearchParams({ from: (nowS - rangeS).toFixed(), to: nowS.toFixed(), step: String(rangeS + 60) });
}

export function byHostname(workers: readonly WorkerCoverageBody[]): ReadonlyMap<string, CoveredBody> {
  return new Map(workers.map((worker) => [worker.hostname, worker]));
}

/** Fewer than this is more than a heartbeat here and there. */
const badRatio = 0.9;

/** How much of a worker's work was seen in the last hour; `undefined`: nothing was heard of it. */
export function toSeen(covered: CoveredBody | undefined): Seen {
  if (!covered || covered.ratio === null) return { text: '—', title: 'No task in the last hour', tone: null };
  const { processed, seen, ratio } = covered;
  const title = `Saw ${formatCount(seen)} of ${countOf(processed, 'task')} that it began in the last hour`;
  if (ratio === 1) return { text: '100 %', title, tone: null };
  return { text: formatShare(ratio), title, tone: ratio < badRatio ? 'failure' : 'retry' };
}

/** Rounded down: what is not whole is never shown as whole. */
function formatShare(ratio: number): string {
  if (ratio === 0) return '0 %';
  return ratio < 0.001 ? '< 0.1 %' : `${(Math.floor(ratio * 1000) / 10).toFixed(1)} %`;
}
