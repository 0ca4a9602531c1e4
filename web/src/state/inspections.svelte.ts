import type { Inspection } from '../../../server/contract/workers.ts';
import { toApiError, type ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import { byWorker, toInspectionQuery, type InspectionScope } from '../models/inspection.ts';

const refreshMs = 10_000;

/** What workers said of themselves when the server last asked them: of all, or of one, dead or alive. */
export class Inspections {
  /** By host name; null until the first answer. One that fails leaves the one before. */
  all: ReadonlyMap<string, Inspection> | null = $state.raw(null);
  error: ApiError | null = $state.raw(null);
  /** The workers themselves are being asked. */
  isAsking = $state(false);
  readonly #client: Pick<Client, 'readInspections'>;
  readonly #scope: InspectionScope;

  constructor(client: Pick<Client, 'readInspections'>, scope: InspectionScope) {
    this.#client = client;
    this.#scope = scope;
  }

  /** Reads as often as it may be another one; returns how to stop it. */
  start(): () => void {
    const timer = setInterval(() => {
      if (!document.hidden) void this.read();
    }, refreshMs);
    return () => clearInterval(timer);
  }

  /** `anew`: the workers are asked first. */
  async read(anew = false): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = anew;
    try {
      this.all = byWorker(await this.#client.readInspections(toInspectionQuery(this.#scope, anew)));
      this.error = null;
    } catch (error) {
      this.error = toApiError(error);
    } finally {
      if (anew) this.isAsking = false;
    }
  }
}
