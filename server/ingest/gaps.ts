import type { LossCause } from '../brokers/broker.ts';
import type { GapBody } from '../contract/status.ts';

/**
 * Which stretches of time we did not see, per broker.
 *
 * In: what was known at the last run's end, connections coming and going, overflow. Out: gaps to save. One rule carries
 * it: `seenUntil` says up to when everything a broker sent is stored; while a gap is open it stands still at the gap's
 * beginning, so a gap that a crash left open is found again by its broker and `from`. Pure: time comes with each call.
 */

/** A stretch of time on one broker that we know we did not see; epoch seconds. */
export type Gap = GapBody;

/** What the store keeps of one broker between two runs. */
export interface Watermark {
  /** Up to when everything the broker sent is stored; epoch seconds. */
  seenUntil: number;
  /** True when a clean stop wrote it. */
  clean: boolean;
}

/** Live state between two runs, by masked broker URL: several processes may share a store, each with a broker of its own. */
export type Snapshot = Record<string, Watermark>;

export interface BrokerTraits {
  maskedUrl: string;
  /** How long the broker keeps messages for us while we are away; 0: not at all (Redis, a transient queue). Milliseconds. */
  keepsMs: number;
}

/** What is known of one broker at one point of its messages; epoch seconds. */
export interface Sight {
  connected: boolean;
  overflowing: boolean;
  /** Up to when everything it sent stands before this point; null: it was never seen. */
  seenUntil: number | null;
  /** The gap that lasts at this point. */
  open: Pick<Gap, 'from' | 'why'> | null;
}

interface BrokerSight {
  traits: BrokerTraits;
  connected: boolean;
  overflowing: boolean;
  open: Gap | null;
  /** Whether something is lost from `seenUntil` on, until the next that comes. */
  torn: boolean;
  /** Why an absence that is noticed only on return was one. */
  absence: Gap['why'];
  /** When the newest event was made; epoch seconds. */
  newest: number;
}

export class GapKeeper {
  readonly #sights: BrokerSight[];
  /** Also of brokers that are not in use now: what they sent meanwhile was not seen either. */
  readonly #seenUntil: Map<string, number>;

  constructor(snapshot: Snapshot, brokers: BrokerTraits[]) {
    this.#seenUntil = new Map(Object.entries(snapshot).map(([url, { seenUntil }]) => [url, seenUntil]));
    this.#sights = brokers.map((traits) => ({
      traits,
      connected: false,
      overflowing: false,
      open: null,
      torn: false,
      absence: snapshot[traits.maskedUrl]?.clean === false ? 'crashed' : 'stopped',
      newest: -Infinity,
    }));
  }

  /** The gaps that last since the previous run; on a broker that was never seen there is none. */
  atStart(): Gap[] {
    return this.#sights.flatMap((sight) => {
      const seenUntil = this.#seenUntil.get(sight.traits.maskedUrl);
      if (seenUntil === undefined || sight.traits.keepsMs > 0 || sight.open !== null) return [];
      return this.#open(sight, seenUntil, sight.absence);
    });
  }

  /** By place in the list of brokers: what is known now. */
  sights(): Sight[] {
    return this.#sights.map(({ traits, connected, overflowing, open }) => ({
      connected,
      overflowing,
      seenUntil: this.#seenUntil.get(traits.maskedUrl) ?? null,
      open: open && { from: open.from, why: open.why },
    }));
  }

  /**
   * The next messages are those that followed `sight`: an earlier run's, or this one's. What should have come before them
   * and did not (it was only in the memory of a process that was killed, or on a torn part of a disk) is a gap, unless it
   * is known to be stored.
   */
  resumed(broker: number, { connected, overflowing, seenUntil, open }: Sight, isStored = false): Gap[] {
    const sight = this.#sights[broker]!;
    const gaps: Gap[] = [];
    const until = open?.from ?? seenUntil;
    const { maskedUrl } = sight.traits;
    const known = this.#seenUntil.get(maskedUrl);
    const isOpen = sight.open !== null && sight.open.from === open?.from;
    // A first run that was killed before its first snapshot left nothing but what the spool says.
    if (!isOpen && until !== null && (known === undefined || known < until)) {
      const why = sight.open?.why ?? 'crashed';
      const isMissed = known !== undefined && (!isStored || sight.open !== null);
      if (isMissed) gaps.push({ from: known, to: until, broker: maskedUrl, why });
      this.#seenUntil.set(maskedUrl, until);
    }
    sight.connected = connected;
    sight.overflowing = overflowing;
    if (open === null) sight.open = null;
    else if (!isOpen) gaps.push(...this.#open(sight, open.from, open.why));
    return gaps;
  }

  /** What an earlier run left to do ends here; the gap since then begins. `clean`: that run was asked to stop. */
  restarted(clean: boolean): Gap[] {
    for (const sight of this.#sights.filter(({ traits }) => traits.keepsMs === 0)) {
      sight.connected = false;
      sight.overflowing = false;
      sight.absence = clean ? 'stopped' : 'crashed';
    }
    return this.atStart();
  }

  /** What follows is not what followed: of brokers that keep nothing, what stood between is lost. */
  torn(): void {
    for (const sight of this.#sights) sight.torn = sight.traits.keepsMs === 0 && sight.open === null;
  }

  /** From `atMs` on it is whole again: what is lost before that is a gap. */
  mended(broker: number, atMs: number): Gap[] {
    const sight = this.#sights[broker]!;
    if (!sight.torn) return [];
    sight.torn = false;
    const { maskedUrl } = sight.traits;
    const to = atMs / 1000;
    const from = this.#seenUntil.get(maskedUrl) ?? to;
    // Before `from` all was stored by an earlier run.
    if (from >= to) return [];
    this.#seenUntil.set(maskedUrl, to);
    return [{ from, to, broker: maskedUrl, why: 'crashed' }];
  }

  /** The newest event that came was made then; epoch seconds by its sender's clock. */
  heard(broker: number, timestamp: number): void {
    const sight = this.#sights[broker]!;
    sight.newest = Math.max(sight.newest, timestamp);
  }

  /** Everything that the broker sent up to `atMs` is in the store, or goes there with the batch at hand. */
  seen(broker: number, atMs: number): void {
    const { traits, open } = this.#sights[broker]!;
    if (open === null) this.#seenUntil.set(traits.maskedUrl, atMs / 1000);
  }

  /** `cause`: why the connection before was lost, which some servers tell only on return. */
  connected(broker: number, sinceMs: number, cause?: LossCause): Gap[] {
    const sight = this.#sights[broker]!;
    sight.connected = true;
    const unread = cause === 'cut-off' ? nameCause(sight, cause) : [];
    const gaps = sight.open === null ? this.#lateGap(sight, sinceMs, cause) : this.#closeIfSeeing(sight, sinceMs);
    this.seen(broker, sinceMs);
    sight.absence = 'disconnected';
    return [...unread, ...gaps];
  }

  disconnected(broker: number, sinceMs: number): Gap[] {
    const sight = this.#sights[broker]!;
    const wasConnected = sight.connected;
    sight.connected = false;
    if (!wasConnected || sight.open !== null) return [];
    if (sight.traits.keepsMs > 0) {
      // Should it come back without what it kept, this is where that begins.
      this.seen(broker, Math.min(sinceMs, (this.#seenUntil.get(sight.traits.maskedUrl) ?? Infinity) * 1000));
      return [];
    }
    return this.#open(sight, sinceMs / 1000, 'disconnected');
  }

  /**
   * Messages are being dropped for want of room, the first one at `fromMs`. A broker that keeps them drops the oldest it
   * has: those that follow what we have.
   */
  overflowed(broker: number, fromMs: number): Gap[] {
    const sight = this.#sights[broker]!;
    sight.overflowing = true;
    if (sight.open !== null) return [];
    return this.#open(
      sight,
      sight.traits.keepsMs > 0 ? this.#reached(sight, fromMs / 1000) : fromMs / 1000,
      'overflow',
    );
  }

  /** What came since from a broker that keeps messages follows those that were dropped. */
  overflowEnded(broker: number, atMs: number): Gap[] {
    const sight = this.#sights[broker]!;
    sight.overflowing = false;
    if (sight.open === null) return [];
    const isLater = sight.traits.keepsMs > 0 && sight.newest > sight.open.from;
    return this.#closeIfSeeing(sight, isLater ? Math.min(atMs, sight.newest * 1000) : atMs);
  }

  /** By masked URL, epoch seconds: what a snapshot must hold. */
  seenUntil(): Record<string, number> {
    return Object.fromEntries(this.#seenUntil);
  }

  #open(sight: BrokerSight, from: number, why: Gap['why']): Gap[] {
    this.#seenUntil.set(sight.traits.maskedUrl, from);
    sight.open = { from, to: null, broker: sight.traits.maskedUrl, why };
    sight.torn = false;
    return [sight.open];
  }

  #closeIfSeeing(sight: BrokerSight, atMs: number): Gap[] {
    if (sight.open === null || !sight.connected || sight.overflowing) return [];
    // A clock that was set back must not give a gap that ends before it begins.
    const closed = { ...sight.open, to: Math.max(sight.open.from, atMs / 1000) };
    sight.open = null;
    this.#seenUntil.set(sight.traits.maskedUrl, closed.to);
    return [closed];
  }

  /** A broker that keeps messages: nothing was missed, unless it did not, or not for as long as we stayed away. */
  #lateGap(sight: BrokerSight, sinceMs: number, cause: LossCause | undefined): Gap[] {
    const { maskedUrl, keepsMs } = sight.traits;
    const from = this.#seenUntil.get(maskedUrl);
    if (from === undefined || keepsMs === 0) return [];
    const to = sinceMs / 1000;
    if (cause === 'emptied') return [{ from: this.#reached(sight, to), to, broker: maskedUrl, why: sight.absence }];
    return to - from <= keepsMs / 1000 ? [] : [{ from, to, broker: maskedUrl, why: sight.absence }];
  }

  /** Up to when we have all that a broker sends that keeps messages: when many wait there, we are behind. */
  #reached(sight: BrokerSight, now: number): number {
    const seenUntil = this.#seenUntil.get(sight.traits.maskedUrl) ?? now;
    const isBehind = Number.isFinite(sight.newest) && seenUntil - sight.newest > behindS;
    return isBehind ? sight.newest : seenUntil;
  }
}

/** Below it an event's age is the way it took, and the difference of two clocks. */
const behindS = 1;

/**
 * The open gap gets its cause. Whoever is cut off was slow, and learns of it late: what it had not read by then, since
 * the newest event it had, is lost as well, be it a moment; that is the gap returned.
 */
function nameCause(sight: BrokerSight, cause: 'cut-off'): Gap[] {
  const { open, newest } = sight;
  if (open?.why !== 'disconnected') return [];
  sight.open = { ...open, why: cause };
  const isBehind = Number.isFinite(newest) && newest < open.from;
  return isBehind ? [{ from: newest, to: open.from, broker: open.broker, why: cause }] : [];
}
