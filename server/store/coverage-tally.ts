import type { CoverageNote } from '../domain/coverage.ts';
import { greatest } from '../domain/fields.ts';

/** Notes on coverage of one segment, added up by sender and minute until a commit writes them. */
export class CoverageTally {
  readonly #bySender = new Map<number, Map<number, CoverageNote>>();

  add(senderId: number, note: CoverageNote): void {
    let byMinute = this.#bySender.get(senderId);
    if (!byMinute) this.#bySender.set(senderId, (byMinute = new Map<number, CoverageNote>()));
    const known = byMinute.get(note.minute);
    if (!known) {
      byMinute.set(note.minute, { ...note });
      return;
    }
    known.started += note.started;
    known.processed = greatest(known.processed, note.processed);
  }

  *rows(): Iterable<CoverageNote & { senderId: number }> {
    for (const [senderId, byMinute] of this.#bySender) {
      for (const note of byMinute.values()) yield { senderId, ...note };
    }
  }

  clear(): void {
    this.#bySender.clear();
  }
}
