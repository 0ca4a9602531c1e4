import type { Statement } from 'better-sqlite3';
import type { CeleryEvent } from '../../celery/event.ts';
import { toCount } from '../../domain/fields.ts';
import type { Committed } from '../../ingest/batch.ts';
import { addCount } from '../counts.ts';
import { storableText } from '../task-row.ts';
import type { Database } from './database.ts';

/** A process that sends events. */
export interface Sender {
  id: number;
  hostname: string;
  /** New events of the transaction under way, by type. */
  counts: Map<string, number>;
}

/** Pool processes come and go: a bound, not a limit. */
const maxKnown = 10_000;

/** Who sends events, in one segment, and how many in the transaction under way. */
export class Senders {
  readonly #statements: Record<'add' | 'find', Statement<unknown[]>>;
  /** By host name, then pid. */
  readonly #known = new Map<string, Map<number, Sender>>();
  #count = 0;
  #counted: Sender[] = [];

  constructor(db: Database) {
    this.#statements = {
      add: db.prepare('INSERT OR IGNORE INTO senders (hostname, pid) VALUES (?, ?)'),
      find: db.prepare('SELECT id FROM senders WHERE hostname = ? AND pid = ?'),
    };
  }

  of(event: CeleryEvent): Sender {
    const pid = toCount(event.pid) ?? 0;
    return this.#known.get(event.hostname)?.get(pid) ?? this.#learn(event.hostname, pid);
  }

  /** One more event that is new. */
  count(sender: Sender, type: string): void {
    if (sender.counts.size === 0) this.#counted.push(sender);
    sender.counts.set(type, (sender.counts.get(type) ?? 0) + 1);
  }

  /** Ends the transaction's counting: by host name, then type. */
  takeCounts(): Committed['counts'] {
    const sums: Committed['counts'] = new Map();
    for (const { hostname, counts } of this.#counted) {
      for (const [type, events] of counts) addCount(sums, hostname, type, events);
      counts.clear();
    }
    this.#counted = [];
    return sums;
  }

  /** After a rollback. */
  forget(): void {
    this.#known.clear();
    this.#count = 0;
    this.#counted = [];
  }

  #learn(hostname: string, pid: number): Sender {
    const stored = storableText(hostname);
    this.#statements.add.run(stored, pid);
    const { id } = this.#statements.find.get(stored, pid) as { id: number };
    if (this.#count >= maxKnown) {
      this.#known.clear();
      this.#count = 0;
    }
    this.#count++;
    let byPid = this.#known.get(hostname);
    if (!byPid) this.#known.set(hostname, (byPid = new Map<number, Sender>()));
    const sender: Sender = { id, hostname, counts: new Map() };
    byPid.set(pid, sender);
    return sender;
  }
}
