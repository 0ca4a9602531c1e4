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

/** Live state, as the store keeps it between two runs. */
export interface IngestSnapshot {
  /** Epoch seconds. */
  at: number;
  /** True when it was written by a clean stop. */
  clean: boolean;
  /** By masked broker URL: up to when everything it sent is stored; epoch seconds. */
  connectedAt: Record<string, number>;
}

export interface BrokerTraits {
  maskedUrl: string;
  /** How long the broker keeps messages for us while we are away; 0: not at all (Redis, a transient queue). Milliseconds. */
  keepsMs: number;
}

interface BrokerSight {
  traits: BrokerTraits;
  connected: boolean;
  overflowing: boolean;
  open: Gap | null;
  /** Why an absence that is noticed only on return was one. */
  absence: Gap['why'];
}

export class GapKeeper {
  readonly #sights: BrokerSight[];
  /** Also of brokers that are not in use now: what they sent meanwhile was not seen either. */
  readonly #seenUntil: Map<string, number>;

  constructor(snapshot: IngestSnapshot | null, brokers: BrokerTraits[]) {
    this.#seenUntil = new Map(Object.entries(snapshot?.connectedAt ?? {}));
    const absence = snapshot?.clean === false ? 'crashed' : 'stopped';
    this.#sights = brokers.map((traits) => ({ traits, connected: false, overflowing: false, open: null, absence }));
  }

  /** The gaps that last since the previous run; on a broker that was never seen there is none. */
  atStart(): Gap[] {
    return this.#sights.flatMap((sight) => {
      const seenUntil = this.#seenUntil.get(sight.traits.maskedUrl);
      if (seenUntil === undefined || sight.traits.keepsMs > 0) return [];
      return this.#open(sight, seenUntil, sight.absence);
    });
  }

  /** Everything that the broker sent up to `atMs` is in the store, or goes there with the batch at hand. */
  seen(broker: number, atMs: number): void {
    const { traits, open } = this.#sights[broker]!;
    if (open === null) this.#seenUntil.set(traits.maskedUrl, atMs / 1000);
  }

  connected(broker: number, sinceMs: number): Gap[] {
    const sight = this.#sights[broker]!;
    sight.connected = true;
    const gaps = sight.open === null ? this.#lateGap(sight, sinceMs) : this.#closeIfSeeing(sight, sinceMs);
    this.seen(broker, sinceMs);
    sight.absence = 'disconnected';
    return gaps;
  }

  disconnected(broker: number, sinceMs: number): Gap[] {
    const sight = this.#sights[broker]!;
    const wasConnected = sight.connected;
    sight.connected = false;
    if (!wasConnected || sight.open !== null || sight.traits.keepsMs > 0) return [];
    return this.#open(sight, sinceMs / 1000, 'disconnected');
  }

  /** Messages are being dropped, the first one at `fromMs`, for want of memory. */
  overflowed(broker: number, fromMs: number): Gap[] {
    const sight = this.#sights[broker]!;
    sight.overflowing = true;
    return sight.open === null ? this.#open(sight, fromMs / 1000, 'overflow') : [];
  }

  overflowEnded(broker: number, atMs: number): Gap[] {
    const sight = this.#sights[broker]!;
    sight.overflowing = false;
    return sight.open === null ? [] : this.#closeIfSeeing(sight, atMs);
  }

  /** By masked URL, epoch seconds: what a snapshot must hold. */
  seenUntil(): Record<string, number> {
    return Object.fromEntries(this.#seenUntil);
  }

  #open(sight: BrokerSight, from: number, why: Gap['why']): Gap[] {
    this.#seenUntil.set(sight.traits.maskedUrl, from);
    sight.open = { from, to: null, broker: sight.traits.maskedUrl, why };
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

  /** A broker that keeps messages for a while: nothing was missed unless we stayed away longer than that. */
  #lateGap(sight: BrokerSight, sinceMs: number): Gap[] {
    const { maskedUrl, keepsMs } = sight.traits;
    const from = this.#seenUntil.get(maskedUrl);
    if (from === undefined || keepsMs === 0 || sinceMs - from * 1000 <= keepsMs) return [];
    return [{ from, to: sinceMs / 1000, broker: maskedUrl, why: sight.absence }];
  }
}
