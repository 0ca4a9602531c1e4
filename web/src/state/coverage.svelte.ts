import type { CoverageBody, CoveredBody } from '../../../server/contract/coverage.ts';
import type { Client } from '../api/client.ts';
import { byHostname, toCoverageQuery } from '../models/coverage.ts';

const refreshMs = 60_000;

/** What was seen of the workers in the last hour, asked for once a minute while anyone looks. */
export class Coverage {
  /** Null until the first answer; an answer that fails leaves the one before. */
  answer: CoverageBody | null = $state.raw(null);
  readonly #byWorker = $derived(byHostname(this.answer?.workers ?? []));
  readonly #client: Client;
  readonly #readNow: () => number;
  #askedAt = -Infinity;

  /** `readNow`: epoch seconds, by the server's clock. */
  constructor(client: Client, readNow: () => number) {
    this.#client = client;
    this.#readNow = readNow;
  }

  of(hostname: string): CoveredBody | undefined {
    return this.#byWorker.get(hostname);
  }

  /** Asks at once and then each minute; returns how to stop it. */
  start(): () => void {
    const look = () => {
      if (!document.hidden && performance.now() - this.#askedAt >= refreshMs) void this.#ask();
    };
    look();
    // A little more often than needed, or a late timer would make two minutes of one.
    const timer = setInterval(look, refreshMs / 12);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }

  async #ask(): Promise<void> {
    this.#askedAt = performance.now();
    try {
      this.answer = await this.#client.readCoverage(toCoverageQuery(this.#readNow()));
    } catch {
      // The page says already when the server does not answer; these figures come again with the next minute.
    }
  }
}
