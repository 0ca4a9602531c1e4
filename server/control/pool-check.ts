/**
 * Whether a pool would have a process left after it was made smaller. A worker of Celery ends all of its idle processes if
 * it is told to, runs nothing any more, and answers that its pool will shrink.
 */

/** Workers make and end processes about a second after they were told to, and count those there are: our figure holds. */
const settlesInMs = 10_000;

/** How many processes, or threads, the pool of a worker has by its `stats`; null: it does not say. */
export function readPoolSize(stats: unknown): number | null {
  const { processes, 'max-concurrency': most } = toFields(toFields(stats)['pool']);
  if (Array.isArray(processes)) return processes.length;
  return typeof most === 'number' ? most : null;
}

/**
 * Remembers what sizes pools were given lately. Nothing is awaited between a look and its note. `counted`: as the worker
 * says; null: unknown. `nowMs`: by a clock that never jumps.
 */
export class PoolCheck {
  readonly #given = new Map<string, { size: number; untilMs: number }>();

  /** Null when one is left of `n` less, else why not. What a worker then refuses it may have done in part. */
  shrink(hostname: string, counted: number | null, n: number, nowMs: number): string | null {
    const size = this.#find(hostname, counted, nowMs);
    if (size === null) return null;
    if (size - n < 1) {
      return `the pool has ${size}, and at least 1 has to stay: without, the worker would run nothing any more`;
    }
    this.#given.set(hostname, { size: size - n, untilMs: nowMs + settlesInMs });
    return null;
  }

  /** `counted`: before it grew. */
  grow(hostname: string, counted: number | null, n: number, nowMs: number): void {
    const size = this.#find(hostname, counted, nowMs);
    if (size !== null) this.#given.set(hostname, { size: size + n, untilMs: nowMs + settlesInMs });
  }

  #find(hostname: string, counted: number | null, nowMs: number): number | null {
    for (const [name, { untilMs }] of this.#given) if (untilMs <= nowMs) this.#given.delete(name);
    return this.#given.get(hostname)?.size ?? counted;
  }
}

function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
