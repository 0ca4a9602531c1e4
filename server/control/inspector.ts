/**
 * What workers say of themselves, as of when they were last asked.
 *
 * In: workers that come online, the clock, people who ask. Out: for each worker its last inspection, which outlives the
 * worker and us. One broadcast for each method, whatever the number of workers; it asks, and changes nothing.
 */
import { isName } from '../contract/names.ts';
import { inspectionFields, type Inspection, type InspectionField } from '../contract/workers.ts';
import type { Log } from '../log.ts';
import type { RemoteControl } from './remote-control.ts';
import { Rounds } from './rounds.ts';
import { toKeptAnswer, type KeptAnswer, type Redact } from './shown-answer.ts';
import { toComparable, toStored } from './stored-inspection.ts';
import { toTroubleText } from './trouble.ts';

export interface InspectorSources {
  control: Pick<RemoteControl, 'ask'>;
  /** What is not to be shown of the arguments of tasks. */
  redact: Redact;
  /** By host name the JSON to be stored, or null to forget it. What is lost on the way is given again later. */
  save: (saved: ReadonlyMap<string, string | null>) => void;
  log: Pick<Log, 'info' | 'warn'>;
  /** Epoch seconds. */
  now: () => number;
}

export interface InspectorOptions {
  inspectTimeoutMs: number;
  /** Between two inspections of everything; 0: only when asked. */
  everyMs: number;
  maxWorkers: number;
}

/** A worker says that it is online a moment before it hears what it is asked. */
const dueTries = 5;
const dueEveryMs = 1000;
/** What seldom changes is stored as soon as it does, the rest, such as the uptime, this often, in seconds. */
const saveEveryS = 300;

interface Entry {
  inspection: Inspection;
  /** What seldom changes, as it was stored; and as of when. */
  saved: string;
  savedAt: number;
}

/** What is asked of it by those who show workers, or act on them. */
export type InspectorView = Pick<Inspector, 'find' | 'list' | 'knowsTask' | 'refresh' | 'askSoon'>;

export class Inspector {
  readonly #sources: InspectorSources;
  readonly #options: InspectorOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #rounds = new Rounds();
  /** Workers that were heard before they ever answered. */
  readonly #met = new Set<string>();
  /** Workers to be asked soon, and how often they were asked in vain. */
  readonly #due = new Map<string, number>();
  #timers: NodeJS.Timeout[] = [];
  #isStopped = false;
  #trouble: string | null = null;

  constructor(sources: InspectorSources, options: InspectorOptions) {
    this.#sources = sources;
    this.#options = options;
  }

  /** What was stored by an earlier run; newer inspections stay. */
  load(stored: Iterable<readonly [hostname: string, inspection: Inspection]>): void {
    for (const [hostname, inspection] of stored) {
      const known = this.#entries.get(hostname);
      if (known && known.inspection.timestamp >= inspection.timestamp) continue;
      const entry = { inspection, saved: toComparable(inspection), savedAt: inspection.timestamp };
      this.#entries.set(hostname, entry);
    }
    this.#save(this.#dropOldest());
  }

  start(): void {
    const { everyMs } = this.#options;
    this.#runQuietly(() => this.refresh());
    if (everyMs > 0) this.#timers.push(setInterval(() => this.#runQuietly(() => this.refresh()), everyMs));
    this.#timers.push(setInterval(() => this.#askDue(), dueEveryMs));
  }

  /** Stores what is newer than what was stored. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    const unsaved = [...this.#entries].filter(([, { inspection, savedAt }]) => inspection.timestamp > savedAt);
    this.#save(new Map(unsaved.map(([hostname, entry]) => [hostname, this.#toSaved(entry)])));
  }

  /** Of a worker that is heard. One that never answered is asked, once: it may have come online while we were not there. */
  meet(hostname: string): void {
    if (this.#entries.has(hostname) || this.#met.has(hostname) || this.#met.size >= this.#options.maxWorkers) return;
    this.#met.add(hostname);
    this.askSoon(hostname);
  }

  /** Of a worker that came online, or was told something: it is asked within a second. */
  askSoon(hostname: string): void {
    if (this.#due.size < this.#options.maxWorkers) this.#due.set(hostname, 0);
  }

  /**
   * Inspects all workers, or one; settles when what they answered can be read here.
   * @throws {AppError} `broker_unavailable`
   */
  async refresh(hostname?: string): Promise<void> {
    if (hostname !== undefined && !isName(hostname)) return;
    await this.#rounds.join(hostname ?? '', async () => {
      await this.#inspect(hostname === undefined ? undefined : [hostname]);
    });
  }

  /** Undefined: it never answered. */
  find(hostname: string): Inspection | undefined {
    return this.#entries.get(hostname)?.inspection;
  }

  /** By name, in order. */
  list(): [hostname: string, inspection: Inspection][] {
    return [...this.#entries]
      .map(([hostname, { inspection }]): [string, Inspection] => [hostname, inspection])
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Whether a worker has it registered, or had when it was last asked. */
  knowsTask(name: string): boolean {
    // After the name its attributes may follow: `name [rate_limit=10/m]`.
    const isIt = (item: unknown): boolean =>
      typeof item === 'string' && (item === name || item.startsWith(`${name} [`));
    return [...this.#entries.values()].some(({ inspection: { registered } }) => registered?.some(isIt) ?? false);
  }

  async #inspect(destination?: readonly string[]): Promise<Set<string>> {
    const { control, redact, now } = this.#sources;
    const asked = await Promise.all(
      inspectionFields.map(async (method) => {
        const keep = (value: unknown) => toKeptAnswer(method, value, redact);
        const timeoutMs = this.#options.inspectTimeoutMs;
        return [method, await control.ask(method, {}, { timeoutMs, destination, keep })] as const;
      }),
    );
    const answered = new Map<string, [InspectionField, KeptAnswer][]>();
    for (const [method, answers] of asked) {
      for (const [hostname, answer] of answers) {
        if (!isName(hostname)) continue;
        const known = answered.get(hostname) ?? [];
        if (answer.ok) known.push([method, answer.value as KeptAnswer]);
        answered.set(hostname, known);
      }
    }
    this.#note(answered, now());
    return new Set(answered.keys());
  }

  #note(answered: ReadonlyMap<string, [InspectionField, KeptAnswer][]>, now: number): void {
    const saved = new Map<string, string | null>();
    for (const [hostname, answers] of answered) {
      const entry = this.#entries.get(hostname) ?? { inspection: { timestamp: now }, saved: '', savedAt: 0 };
      entry.inspection = merge(entry.inspection, answers, now);
      this.#entries.set(hostname, entry);
      const isNew = toComparable(entry.inspection) !== entry.saved;
      if (isNew || now - entry.savedAt >= saveEveryS) saved.set(hostname, this.#toSaved(entry));
    }
    this.#save(new Map([...saved, ...this.#dropOldest()]));
  }

  #toSaved(entry: Entry): string {
    entry.saved = toComparable(entry.inspection);
    entry.savedAt = entry.inspection.timestamp;
    return toStored(entry.inspection);
  }

  #save(saved: ReadonlyMap<string, string | null>): void {
    if (saved.size > 0) this.#sources.save(saved);
  }

  #dropOldest(): Map<string, null> {
    const excess = this.#entries.size - this.#options.maxWorkers;
    if (excess <= 0) return new Map();
    const oldestFirst = [...this.#entries].sort(([, a], [, b]) => a.inspection.timestamp - b.inspection.timestamp);
    const dropped = oldestFirst.slice(0, excess).map(([hostname]) => hostname);
    for (const hostname of dropped) this.#entries.delete(hostname);
    return new Map(dropped.map((hostname) => [hostname, null]));
  }

  #askDue(): void {
    const due = [...this.#due.keys()];
    if (due.length === 0) return;
    this.#runQuietly(() =>
      this.#rounds.join('due', async () => {
        const answered = await this.#inspect(due);
        for (const hostname of due) {
          const tries = (this.#due.get(hostname) ?? dueTries) + 1;
          if (answered.has(hostname) || tries >= dueTries) this.#due.delete(hostname);
          else this.#due.set(hostname, tries);
        }
      }),
    );
  }

  /** Nobody waits for it; trouble is told once, and when it is over. */
  #runQuietly(work: () => Promise<void>): void {
    const told = (trouble: string | null): void => {
      if (trouble === this.#trouble || this.#isStopped) return;
      this.#trouble = trouble;
      if (trouble === null) this.#sources.log.info('workers can be inspected again');
      else this.#sources.log.warn('workers cannot be inspected now', { why: trouble });
    };
    work().then(
      () => told(null),
      (error: unknown) => told(toTroubleText(error)),
    );
  }
}

/** What a worker did not answer now stays as it was. */
function merge(before: Inspection, answers: readonly [InspectionField, KeptAnswer][], timestamp: number): Inspection {
  const values = Object.fromEntries(answers.map(([method, { value }]) => [method, value]));
  const { cut: cutBefore = {}, ...rest } = before;
  const isOld = ([method]: [string, number]): boolean => !(method in values);
  const totals = answers.flatMap(([method, { total }]) => (total === undefined ? [] : [[method, total] as const]));
  const cut = Object.fromEntries([...Object.entries(cutBefore).filter(isOld), ...totals]);
  return { ...rest, ...values, ...(Object.keys(cut).length > 0 && { cut }), timestamp };
}
