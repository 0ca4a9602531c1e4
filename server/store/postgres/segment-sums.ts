import type pg from 'pg';
import type { CoverageNote } from '../../domain/coverage.ts';
import type { Committed } from '../../ingest/batch.ts';
import { addCount, addCounts } from '../counts.ts';
import { CoverageTally } from '../coverage-tally.ts';
import { statements } from './statements.ts';

/**
 * What a batch adds to numbers that segments keep: events by sender and type, and coverage by process and minute. In: new
 * events, one by one. Out: a statement for each of both, in the caller's transaction.
 */
export class SegmentSums {
  readonly #counts = new Map<number, Committed['counts']>();
  readonly #coverage = new Map<number, CoverageTally>();

  count(segmentId: number, hostname: string, type: string): void {
    let counts = this.#counts.get(segmentId);
    if (!counts) this.#counts.set(segmentId, (counts = new Map<string, Map<string, number>>()));
    addCount(counts, hostname, type);
  }

  cover(segmentId: number, senderId: number, note: CoverageNote): void {
    let tally = this.#coverage.get(segmentId);
    if (!tally) this.#coverage.set(segmentId, (tally = new CoverageTally()));
    tally.add(senderId, note);
  }

  /** Of all segments together. */
  counts(): Committed['counts'] {
    const sums: Committed['counts'] = new Map();
    for (const counts of this.#counts.values()) addCounts(sums, counts);
    return sums;
  }

  async save(client: pg.ClientBase): Promise<void> {
    await addRows(client, statements.count, [...this.#countRows()]);
    await addRows(client, statements.cover, [...this.#coverageRows()]);
  }

  *#countRows(): Iterable<Row> {
    for (const [segmentId, byHost] of this.#counts) {
      for (const [hostname, byType] of byHost) {
        for (const [type, events] of byType) yield [segmentId, hostname, type, events];
      }
    }
  }

  *#coverageRows(): Iterable<Row> {
    for (const [segmentId, tally] of this.#coverage) {
      for (const { senderId, minute, started, processed } of tally.rows()) {
        yield [segmentId, senderId, minute, started, processed];
      }
    }
  }
}

type Row = readonly (string | number | null)[];

/** Statements take an array for each column. */
async function addRows(client: pg.ClientBase, statement: string, rows: readonly Row[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  await client.query(
    statement,
    first.map((_, column) => rows.map((row) => row[column])),
  );
}
