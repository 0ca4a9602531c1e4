import type { PrunableStore, RetentionStep, StoredSegment } from '../retention.ts';
import type { CatalogFile, SegmentRecord } from './catalog-file.ts';
import type { StoreFolder } from './folder.ts';
import type { Leftovers } from './leftovers.ts';
import type { LiveTasks } from './live-tasks.ts';
import type { SegmentRewriter } from './segment-rewriter.ts';
import type { Segments } from './segments.ts';
import { toStoredSegment } from './stored-segment.ts';

/** What a {@link SegmentPruner} works on, of the one writer. */
export interface PrunerPlace {
  readonly folder: StoreFolder;
  readonly catalog: CatalogFile;
  readonly segments: Segments;
  readonly live: LiveTasks;
  readonly leftovers: Leftovers;
  readonly rewriter: SegmentRewriter;
}

/**
 * Segments as files. The catalog changes first and at once, between two batches; the files go after it, when nobody who
 * asked before can want them any more.
 */
export class SegmentPruner implements PrunableStore {
  constructor(private readonly place: PrunerPlace) {}

  segments(): Promise<StoredSegment[]> {
    const { segments, folder } = this.place;
    return Promise.all(segments.records().map((record) => toStoredSegment(record, folder)));
  }

  async drop({ id }: StoredSegment): Promise<void> {
    const { segments, catalog, folder, live, leftovers } = this.place;
    const record = segments.records().find((known) => known.id === id);
    if (record === undefined) return;
    const files = folder.filesOf(record);
    catalog.db.transaction(() => {
      leftovers.note(files);
      catalog.removeSegment(id);
    })();
    segments.letGo(id);
    live.forgetSegment(id);
  }

  async reduce(step: RetentionStep): Promise<boolean> {
    // Now and then a late event comes while the file is written, and the new one would not have it.
    for (let tries = 3; tries > 0; tries--) if (await this.#tryReduce(step)) return true;
    return false;
  }

  async #tryReduce({ segment, onlyFailures, noEvents }: RetentionStep): Promise<boolean> {
    const { id } = segment;
    const { segments, folder, leftovers, rewriter } = this.place;
    const record = segments.records().find((known) => known.id === id);
    if (record === undefined) return true;
    const writes = segments.writesTo(id);
    const place = { id, generation: record.generation + 1 };
    const [from, to, filter] = [folder.segment(record), folder.segment(place), folder.filter(place)];
    leftovers.note(folder.filesToBe(place));
    const left = await rewriter.rewrite({ id, from, to, filter, onlyFailures, noEvents });
    if (segments.writesTo(id) !== writes) return false;
    const flags = { only_failures: Number(onlyFailures), no_events: Number(noEvents) };
    this.#swap(record, { ...record, ...left, ...place, ...flags });
    // None had failed.
    if (left.tasks === 0) await this.drop(segment);
    return true;
  }

  #swap(old: SegmentRecord, reduced: SegmentRecord): void {
    const { segments, catalog, folder, live, leftovers } = this.place;
    catalog.db.transaction(() => {
      leftovers.keep(folder.filesToBe(reduced));
      leftovers.note(folder.filesOf(old));
      catalog.saveSegment(reduced);
    })();
    segments.adopt(reduced);
    live.forgetSegment(old.id);
  }

  async forgetBefore(time: number): Promise<void> {
    const { catalog } = this.place;
    catalog.db.transaction(() => catalog.forgetBefore(time))();
  }
}
