import type { StatusBody } from '../../../server/contract/status.ts';
import { ApiError } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import { openLive, type Live, type Socket, type SocketState } from '../api/live.ts';
import type { Reach } from '../models/notice.ts';

/** One failed attempt may be the server's restart; a second one in a row is worth a banner. */
const failuresToTell = 2;
const probeLimitMs = 5000;

/** How the page stands to the server, and what the server last said of itself. */
export class Connection {
  reach: Reach = $state.raw({ kind: 'connecting' });
  status: StatusBody | null = $state.raw(null);
  /** Why we may not, when `reach` is `refused`. */
  refusal: ApiError | null = $state.raw(null);
  readonly live: Live;
  readonly #client: Client;
  readonly #readNow: () => number;
  #lostAt: number | null = null;

  /** `readNow`: epoch seconds. */
  constructor(client: Client, connect: () => Socket, readNow: () => number) {
    this.#client = client;
    this.#readNow = readNow;
    this.live = openLive({
      connect,
      onState: (state) => this.#change(state),
      onStatus: (message) => (this.status = message.status),
    });
  }

  #change(state: SocketState): void {
    if (state.phase === 'open') {
      this.#lostAt = null;
      this.reach = { kind: 'live' };
      return;
    }
    this.#lostAt ??= this.#readNow();
    if (this.reach.kind === 'live') this.reach = { kind: 'connecting' };
    if (state.phase === 'waiting') void this.#explain(state.failures, state.retryMs);
  }

  /** A socket never says why it failed; a plain request does. It also renews the page's pass, if that was why. */
  async #explain(failures: number, retryMs: number): Promise<void> {
    const since = this.#lostAt ?? this.#readNow();
    const retryAt = this.#readNow() + retryMs / 1000;
    const problem = await this.#probe();
    // The socket may have opened meanwhile.
    if (this.#lostAt === null) return;
    if (
      problem?.code === 'unauthenticated' ||
      problem?.code === 'unauthenticated_api' ||
      problem?.code === 'forbidden'
    ) {
      this.refusal = problem;
      this.reach = { kind: 'refused' };
    } else if (failures >= failuresToTell) {
      this.reach = { kind: problem?.code === 'unreachable' ? 'unreachable' : 'no-socket', since, retryAt };
    }
  }

  /** Null: the server answered as it should. */
  async #probe(): Promise<ApiError | null> {
    try {
      this.status = await this.#client.readStatus(AbortSignal.timeout(probeLimitMs));
      return null;
    } catch (error) {
      return error instanceof ApiError ? error : new ApiError('unreachable', 'The server takes too long to answer.');
    }
  }
}
