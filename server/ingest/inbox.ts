import type { ReceiverMessage } from './messages.ts';
import { lastTagOf } from './parcel.ts';

/** What the receiver sent and the writer has not looked at: raw, because decoded events take several times the memory. */
export class Inbox {
  #messages: ReceiverMessage[] = [];
  /** Where the first one stands: `shift` moves the whole of a long array. */
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#messages.length;
  }

  add(message: ReceiverMessage): void {
    const last = this.#messages.length - 1;
    // While the store is down nothing is taken out: that nothing came in must not fill the memory.
    if (last >= this.#head && isSuperseded(this.#messages[last]!, message)) this.#messages[last] = message;
    else this.#messages.push(message);
  }

  take(): ReceiverMessage | undefined {
    if (this.isEmpty) return undefined;
    const message = this.#messages[this.#head];
    this.#head++;
    if (this.#head >= 1024 || this.isEmpty) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    return message;
  }
}

/** Two parcels, both in memory, of one broker that only say how far was seen: the later one says it all. */
export function isSuperseded(earlier: ReceiverMessage, later: ReceiverMessage): boolean {
  return (
    earlier.kind === 'parcel' &&
    later.kind === 'parcel' &&
    earlier.parcel.broker === later.parcel.broker &&
    earlier.spooled === undefined &&
    later.spooled === undefined &&
    lastTagOf(earlier.parcel) === undefined &&
    lastTagOf(later.parcel) === undefined
  );
}
