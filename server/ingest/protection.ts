import type { Delivery } from '../brokers/broker.ts';
import { toMessage } from '../celery/envelope.ts';
import type { CeleryEvent } from '../celery/event.ts';
import { readEvents, type EventsRead } from '../celery/read-events.ts';
import { capText, capValue, overlap, splitCut } from './field-cap.ts';
import { ParcelBuilder, readParcel, type Parcel } from './parcel.ts';
import { readRedactions, type Redactor } from './redact.ts';
import { mark } from './redact-text.ts';

/**
 * What is done with events before anything of them gets to a disk.
 *
 * In: a message. Out: its events, redacted, and no field longer than the cap. Fields that say which event it is, of which
 * task and from whom are never redacted. With redaction on, nothing is quoted of what cannot be read, and what goes to the
 * spool was redacted before. Done twice it changes nothing: what was spooled comes through here again.
 */

export interface ProtectionOptions {
  /** Key names and patterns, see {@link readRedactions}. */
  redact?: readonly string[];
  /** Characters of one field. */
  maxFieldLength?: number;
}

export const defaultMaxFieldLength = 65_536;

/** Fields, Celery's and ours, that tell of the event, not of what the task was given or made of it. */
const keptFields: ReadonlySet<string> = new Set(
  (
    'type uuid hostname timestamp clock pid utcoffset name root_id parent_id queue exchange routing_key eta expires ' +
    'retries runtime freq active processed loadavg sw_ident sw_ver sw_sys local_received signum terminated expired ' +
    'source state worker started routingKey'
  ).split(' '),
);

export class Protection {
  readonly #redactor: Redactor | null;
  readonly #maxLength: number;

  /** @throws {AppError} `bad_config` for a rule that is none */
  constructor({ redact = [], maxFieldLength = defaultMaxFieldLength }: ProtectionOptions) {
    this.#redactor = readRedactions(redact);
    this.#maxLength = maxFieldLength;
  }

  /** As `readEvents` of the celery room; never throws. */
  readEvents(delivery: Delivery): EventsRead {
    const read = readEvents(delivery);
    // Most messages: there is nothing to take out of them.
    if (this.#redactor === null && read.longest <= this.#maxLength) return read;
    for (const event of read.events) this.#protect(event);
    if (this.#redactor === null) return read;
    return { ...read, rejects: read.rejects.map(({ reason }) => ({ reason, excerpt: withheld })) };
  }

  /** The form in which a parcel may be written to a disk. */
  toStorable(parcel: Parcel): Parcel {
    if (this.#redactor === null || parcel.ends.length === 0) return parcel;
    const builder = new ParcelBuilder(parcel.broker);
    for (const delivery of readParcel(parcel)) builder.add(this.#toStorableDelivery(delivery));
    return builder.take(parcel.seenUntilMs);
  }

  #toStorableDelivery(delivery: Delivery): Delivery {
    const { receivedAtMs, routingKey, tag } = delivery;
    const { events, rejected } = this.readEvents(delivery);
    if (events.length === 0 && rejected > 0) return withoutBody(delivery);
    // A zero for each event that is none: it will be counted again.
    const body = JSON.stringify([...events, ...new Array<number>(rejected).fill(0)]);
    const form = { envelope: false, contentType: 'application/json', contentEncoding: 'utf-8' };
    return { ...form, body, receivedAtMs, routingKey, tag };
  }

  #protect(event: CeleryEvent): void {
    const fields = event as Record<string, unknown>;
    for (const field in fields) {
      const value = fields[field];
      if (typeof value === 'number' || value === null) {
        if (this.#redactor !== null && !keptFields.has(field)) fields[field] = this.#redactor.value(field, value);
      } else fields[field] = this.#protectField(field, value);
    }
  }

  #protectField(field: string, value: unknown): unknown {
    const redactor = keptFields.has(field) ? null : this.#redactor;
    if (redactor?.isSecretKey(field)) return mark;
    if (typeof value !== 'string') return capValue(redactor ? redactor.value(null, value) : value, this.#maxLength);
    if (redactor === null) return capText(value, this.#maxLength);
    const { body, words } = splitCut(value);
    if (words !== '' && value.length <= this.#maxLength) return redactor.text(body) + words;
    // What is cut off anyway is not looked through; a secret that begins before the cut is seen whole.
    const near = value.length > this.#maxLength ? value.slice(0, this.#maxLength + overlap) : value;
    // Once more after the cut, which may have gone through a mark.
    return capText(redactor.text(near), this.#maxLength, value.length - near.length, (kept) => redactor.text(kept));
  }
}

const withheld = '[not shown, for events are redacted]';

/** What will be rejected for the same reason, or one near it: what the content is not, tell its type and headers. */
function withoutBody(delivery: Delivery): Delivery {
  try {
    const { contentType, contentEncoding, headers } = toMessage(delivery);
    const { receivedAtMs, routingKey, tag } = delivery;
    return {
      body: mark,
      envelope: false,
      contentType: contentType ?? undefined,
      contentEncoding: contentEncoding ?? undefined,
      headers: { compression: headers['compression'] },
      receivedAtMs,
      routingKey,
      tag,
    };
  } catch {
    return { ...delivery, body: mark };
  }
}
