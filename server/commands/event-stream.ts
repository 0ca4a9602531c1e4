import type { ConnectionState } from '../brokers/broker.ts';
import { openEventConsumer } from '../brokers/open-consumer.ts';
import { toEnableEventsRequest, toHeartbeatRequest } from '../celery/control-message.ts';
import type { CeleryEvent } from '../celery/event.ts';
import type { Config } from '../config/options.ts';
import { AppError } from '../errors.ts';
import { Protection } from '../ingest/protection.ts';
import { toBrokerOptions } from '../room-options.ts';
import type { ClusterConfig } from './cluster.ts';

export type StreamConfig = ClusterConfig & Pick<Config, 'enable_events' | 'redact'>;

export interface StreamHandlers {
  /** In the order in which they came. */
  onEvents(events: readonly CeleryEvent[]): void;
  onState(state: ConnectionState): void;
  /** What is odd about the broker's URL, and no error. */
  warn(message: string): void;
}

export interface EventStream {
  /** Without its password. */
  readonly broker: string;
  close(): Promise<void>;
}

/** As often as the server. */
const enableEveryMs = 5000;
/** Nothing is acknowledged where nothing is kept. */
const transientQueue = { mode: 'transient', name: '', expiresMs: 0, maxBytes: 0 } as const;

/**
 * All events from now on, without what is to be redacted. Nothing of it is kept for us on the broker, and nothing stays
 * there: on RabbitMQ a queue that goes with our connection, on Redis a subscription.
 * @throws {AppError} `bad_config`; `broker_unavailable` when the broker cannot be reached at first. Later it is tried again.
 */
export async function openEventStream(config: StreamConfig, handlers: StreamHandlers): Promise<EventStream> {
  const protection = new Protection({ redact: config.redact });
  const consumer = openEventConsumer({
    ...toBrokerOptions(config),
    queue: transientQueue,
    prefetch: 0,
    log: { info: () => undefined, warn: (message) => handlers.warn(message) },
  });
  let clock = 0;
  const tell = (isFirst: boolean): void => {
    const requests = config.enable_events ? [toEnableEventsRequest({ clock: ++clock })] : [];
    // Who is there is seen at once.
    if (isFirst) requests.push(toHeartbeatRequest({ clock: ++clock }));
    // It fails when the connection does, which is told anyway.
    for (const request of requests) consumer.broadcast(request).catch(() => undefined);
  };
  const first = new Promise<string | null>((resolve) =>
    consumer.start({
      onDelivery: (delivery) => {
        const { events } = protection.readEvents(delivery);
        if (events.length > 0) handlers.onEvents(events);
      },
      onState: (state) => {
        resolve(state.connected ? null : (state.error ?? 'it was stopped'));
        if (state.connected) tell(true);
        handlers.onState(state);
      },
      onOverflow: () => undefined,
    }),
  );
  const timer = setInterval(() => tell(false), enableEveryMs);
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await consumer.stop();
  };
  const trouble = await first;
  if (trouble === null) return { broker: consumer.maskedUrl, close };
  await close();
  throw new AppError('broker_unavailable', `The broker ${consumer.maskedUrl} cannot be reached now: ${trouble}`);
}
