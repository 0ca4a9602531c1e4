import { expect, vi } from 'vitest';
import type { ConnectionState, Delivery, EventConsumer } from '../../server/brokers/broker.ts';
import { openEventConsumer, type ConsumerOptions } from '../../server/brokers/open-consumer.ts';

/** A consumer under test, and all that it said. */
export interface ConsumerWatch {
  readonly consumer: EventConsumer;
  readonly deliveries: Delivery[];
  readonly states: ConnectionState[];
  /** Each change of whether the broker threw something away. */
  readonly overflows: boolean[];
  /** Everything that was logged. */
  readonly logged: string[];
  /** Bodies as text, in order. */
  bodies(): string[];
  /** Waits until it is connected, or the reason why it is not matches. */
  untilConnected(): Promise<void>;
  untilError(reason: RegExp): Promise<string>;
  untilBodies(bodies: string[]): Promise<void>;
}

const waiting = { timeout: 30_000, interval: 20 };

/** Opens and starts a consumer; stop it in the test's end. */
export function watchConsumer(options: Partial<ConsumerOptions> & { url: string }): ConsumerWatch {
  const logged: string[] = [];
  const log = (message: string, fields?: object) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const consumer = openEventConsumer({
    queue: { mode: 'durable', name: 'herbarium', expiresMs: 60_000, maxBytes: 10_000_000 },
    prefetch: 1000,
    log: { info: log, warn: log },
    ...options,
  });
  const deliveries: Delivery[] = [];
  const states: ConnectionState[] = [];
  const overflows: boolean[] = [];
  consumer.start({
    onDelivery: (delivery) => void deliveries.push(delivery),
    onState: (state) => void states.push(state),
    onOverflow: (isOverflowing) => void overflows.push(isOverflowing),
  });
  const bodies = () => deliveries.map(({ body }) => Buffer.from(body).toString());
  return {
    consumer,
    deliveries,
    states,
    overflows,
    logged,
    bodies,
    untilConnected: () => vi.waitFor(() => expect(states.at(-1)).toMatchObject({ connected: true }), waiting),
    untilError: (reason) =>
      vi.waitFor(() => {
        const state = states.at(-1);
        const error = state && !state.connected ? state.error : null;
        expect(error).toMatch(reason);
        return error ?? '';
      }, waiting),
    untilBodies: (expected) => vi.waitFor(() => expect(bodies()).toEqual(expected), waiting),
  };
}
