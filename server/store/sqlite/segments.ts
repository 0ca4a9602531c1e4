import { greatest } from '../../domain/fields.ts';
import type { Task } from '../../domain/task.ts';
import { boundsOf } from '../bounds.ts';
import type { CatalogFile, SegmentRecord } from './catalog-file.ts';
import type { StoreFolder } from './folder.ts';
import { foldLog } from './database.ts';
import { IdFilter } from './id-filter.ts';
import { segmentSchema } from './migrate.ts';
import { SegmentFile } from './segment-file.ts';

export interface SegmentLimits {
  tasks: number;
  seconds: number;
}

/** Sealed segments rarely change: this many of their files stay open for late events. */
const openSealed = 8;
/** A bound of the memory for a filter: 4 MB. */
const mostExpectedTasks = 2_000_000;
/** SQLite's page cache: the current segment takes the writes, sealed ones a late event now and then. */
const currentCacheKiB = 16 * 1024;
const sealedCacheKiB = 2 * 1024;

/** The segments as the writer knows them: which is current, when to seal it, and where a task may be. */
export class Segments {
  readonly #records: SegmentRecord[];
  readonly #filters = new Map<number, IdFilter>();
  readonly #writes = new Map<number, number>();
  /** Least recently used first. */
  readonly #sealedFiles = new Map<number, SegmentFile>();
  #current!: SegmentFile;
  /** Over the current segment, if it began empty; to read its ids at a start could take a second. */
  #currentFilter: IdFilter | null = null;

  constructor(
    private readonly folder: StoreFolder,
    private readonly catalog: CatalogFile,
    private readonly limits: SegmentLimits,
    nowSeconds: number,
  ) {
    this.#records = catalog.segments();
    this.#dropLost();
    for (const record of this.#records) if (record.sealed_at !== null) this.#prepareSealed(record);
    const last = this.#records.at(-1);
    if (last && last.sealed_at === null) this.#openCurrent(last);
    else this.#begin(nowSeconds);
  }

  get current(): SegmentFile {
    return this.#current;
  }

  /** Oldest first. */
  records(): readonly Readonly<SegmentRecord>[] {
    return this.#records;
  }

  /** How often it was written to since this process began, whatever was written. */
  writesTo(id: number): number {
    return this.#writes.get(id) ?? 0;
  }

  noteWrites(files: Iterable<SegmentFile>): void {
    for (const { id } of files) this.#writes.set(id, this.writesTo(id) + 1);
  }

  /** A sealed segment is not in the catalog any more. */
  letGo(id: number): void {
    const index = this.#records.findIndex((record) => record.id === id);
    if (index >= 0) this.#records.splice(index, 1);
    this.#filters.delete(id);
    this.#writes.delete(id);
    this.#closeSealed(id);
  }

  /** Another file has the segment from now on: the one that `record`, which is in the catalog, names. */
  adopt(record: SegmentRecord): void {
    this.#closeSealed(record.id);
    Object.assign(this.#record(record.id), record);
    this.#filters.delete(record.id);
    this.#prepareSealed(this.#record(record.id));
  }

  /** Newest first. */
  sealedBefore(time: number): number[] {
    const sealed = this.#records.filter(({ sealed_at }) => sealed_at !== null && sealed_at <= time);
    return sealed.map(({ id }) => id).reverse();
  }

  /** Where events that belong to no task go: by their own time, so that one that comes twice meets itself. */
  at(timestamp: number): SegmentFile {
    const previous = this.#records.at(-2);
    const isBefore = timestamp < this.#records.at(-1)!.created_at;
    return isBefore && previous ? this.open(previous.id) : this.#current;
  }

  /** The segments that may hold the task, newest first, the current one included. */
  *mayHold(key: Uint8Array): Iterable<SegmentFile> {
    if (this.#currentFilter?.mayHold(key) ?? true) yield this.#current;
    for (let i = this.#records.length - 2; i >= 0; i--) {
      const { id } = this.#records[i]!;
      if (this.#filters.get(id)?.mayHold(key) ?? true) yield this.open(id);
    }
  }

  /** A task is about to be written to the current segment: from now on that one may hold it. */
  noteNew(key: Uint8Array): void {
    this.#currentFilter?.add(key);
  }

  /**
   * Widens the bounds of a segment by tasks that are about to be written to it. In the catalog's own transaction,
   * committed first: bounds may be too wide after a crash, never too narrow.
   */
  widen(id: number, tasks: Iterable<Task>, added: number): void {
    const record = this.#record(id);
    const { newestTimestamp, newestReceived, oldest } = boundsOf(tasks);
    record.newest_timestamp = greatest(record.newest_timestamp, newestTimestamp);
    record.newest_received = greatest(record.newest_received, newestReceived);
    if (oldest !== null && (record.oldest === null || oldest < record.oldest)) record.oldest = oldest;
    record.tasks += added;
    this.catalog.saveSegment(record);
  }

  /** After a rollback. Bounds stay too wide, which is allowed; the number of tasks has to be right. */
  forget(): void {
    for (const file of [this.#current, ...this.#sealedFiles.values()]) file.forget();
    this.#records.at(-1)!.tasks = this.#current.countTasks();
  }

  /** Seals the current segment and begins the next, when it is full or its time is up. */
  rollWhenDue(nowSeconds: number): void {
    const record = this.#records.at(-1)!;
    if (record.tasks === 0) return;
    if (record.tasks < this.limits.tasks && nowSeconds < record.created_at + this.limits.seconds) return;
    const sealed = this.#current;
    const filter = this.#currentFilter;
    record.tasks = sealed.countTasks();
    record.sealed_at = nowSeconds;
    this.#begin(nowSeconds, record);
    this.#sealedFiles.set(sealed.id, sealed);
    foldLog(sealed.db);
    sealed.holdLess(sealedCacheKiB);
    this.#makeFilter(sealed, filter);
  }

  /** Closes files of sealed segments beyond a few. Between batches: within one, all that it touches stay open. */
  closeIdle(): void {
    for (const [id, file] of this.#sealedFiles) {
      if (this.#sealedFiles.size <= openSealed) return;
      this.#sealedFiles.delete(id);
      file.close();
    }
  }

  close(): void {
    for (const file of this.#sealedFiles.values()) file.close();
    this.#current.close();
  }

  #record(id: number): SegmentRecord {
    return this.#records.find((record) => record.id === id)!;
  }

  #begin(nowSeconds: number, sealed?: SegmentRecord): void {
    const record: SegmentRecord = {
      id: (this.#records.at(-1)?.id ?? 0) + 1,
      created_at: nowSeconds,
      sealed_at: null,
      newest_timestamp: null,
      newest_received: null,
      oldest: null,
      tasks: 0,
      schema: segmentSchema(),
      generation: 0,
      only_failures: 0,
      no_events: 0,
    };
    // The file first: a reader that learns of the segment has to find it.
    const file = new SegmentFile(record.id, this.folder.segment(record), currentCacheKiB);
    this.catalog.db.transaction(() => {
      if (sealed) this.catalog.saveSegment(sealed);
      this.catalog.saveSegment(record);
    })();
    this.#records.push(record);
    this.#current = file;
    this.#currentFilter = IdFilter.empty(this.#expectedTasks);
  }

  #openCurrent(record: SegmentRecord): void {
    this.#current = new SegmentFile(record.id, this.folder.segment(record), currentCacheKiB);
    record.tasks = this.#current.countTasks();
    record.schema = segmentSchema();
    this.catalog.saveSegment(record);
  }

  /** Opens a sealed file only when its schema or its filter has fallen behind, so that a start stays short. */
  #prepareSealed(record: SegmentRecord): void {
    const filter = IdFilter.read(this.folder.filter(record));
    if (filter) this.#filters.set(record.id, filter);
    if (record.schema === segmentSchema() && filter) return;
    const file = this.open(record.id);
    if (!filter) this.#makeFilter(file);
    record.schema = segmentSchema();
    this.catalog.saveSegment(record);
  }

  get #expectedTasks(): number {
    return Math.min(this.limits.tasks, mostExpectedTasks);
  }

  /** `grown`: one that knows all ids of the file; of no use where it was made for many more of them, or for fewer. */
  #makeFilter(file: SegmentFile, grown: IdFilter | null = null): void {
    const tasks = file.countTasks();
    const fits = tasks >= this.#expectedTasks / 2 && tasks <= this.#expectedTasks * 1.2;
    const filter = grown !== null && fits ? grown : IdFilter.of(file.ids(), tasks);
    filter.write(this.folder.filter(this.#record(file.id)));
    this.#filters.set(file.id, filter);
  }

  /** Stays open until the next {@link closeIdle}. */
  open(id: number): SegmentFile {
    if (id === this.#current?.id) return this.#current;
    const file =
      this.#sealedFiles.get(id) ?? new SegmentFile(id, this.folder.segment(this.#record(id)), sealedCacheKiB);
    this.#sealedFiles.delete(id);
    this.#sealedFiles.set(id, file);
    return file;
  }

  /** A segment whose file somebody took away is history that is gone, not a reason to stop. */
  #dropLost(): void {
    for (const record of [...this.#records]) {
      if (this.folder.hasSegment(record)) continue;
      this.catalog.removeSegment(record.id);
      this.letGo(record.id);
    }
  }

  #closeSealed(id: number): void {
    this.#sealedFiles.get(id)?.discard();
    this.#sealedFiles.delete(id);
  }
}
