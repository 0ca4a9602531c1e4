import { setMaxListeners } from 'node:events';
import { AppError } from '../errors.ts';
import { rehearseOnAmqp, type ConsumerPlan } from './amqp-rehearsal.ts';
import { runOnAmqp } from './amqp-requests.ts';
import { readBrokerUrls, type BrokerUrl } from './broker-url.ts';
import type { Broadcast } from './broker.ts';
import type { TransportOptions } from './open-consumer.ts';
import { onFirstBroker } from './first-broker.ts';
import { openLine } from './line.ts';
import type { Errand, Question } from './question.ts';
import { runOnRedis } from './redis-requests.ts';

export interface RequestChannelOptions {
  /** One broker URL, or a failover list separated by `;`. */
  url: string;
  /** What the user wrote it in, for errors; `broker` when not given. */
  source?: string;
  /** Celery's `control_exchange`. */
  controlExchange?: string;
  transport?: Partial<TransportOptions>;
}

/**
 * Requests to workers, and their replies. Each has a connection of its own, which lasts as long as the question: what
 * it makes on the broker is gone when it is answered. At most {@link mostAtOnce} are open; the others wait their turn.
 */
export interface RequestChannel {
  /**
   * Settles when `onReply` has enough or the time is over.
   * @throws {AppError} `broker_unavailable`
   */
  ask(question: Question): Promise<void>;
  /**
   * Settles when the broker has taken it.
   * @throws {AppError} `broker_unavailable`
   */
  tell(request: Broadcast): Promise<void>;
  /**
   * Why a worker could not declare what it is to consume from; null: it can, as always on Redis, which refuses nothing.
   * @throws {AppError} `broker_unavailable`
   */
  rehearse(plan: ConsumerPlan): Promise<string | null>;
  /** Ends what is being asked, as if its time were over; soon, also when the broker does not answer any more. */
  close(): void;
}

/** What a question made on the broker is removed within this time, when we close, or is left to remove itself. */
const farewellMs = 1000;

const mostAtOnce = 16;

/** @throws {AppError} `bad_config` for a URL that is none */
export function openRequestChannel(options: RequestChannelOptions): RequestChannel {
  const urls = readBrokerUrls(options.url, options.source ?? 'broker');
  const closing = new AbortController();
  // Each question listens, and so does each thing it waits for: Node takes eleven for a leak.
  setMaxListeners(0, closing.signal);
  const line = openLine(mostAtOnce);
  const onFirst = (work: (url: BrokerUrl) => Promise<void>) =>
    orClosed(
      line(() => onFirstBroker(urls, closing.signal, work)),
      closing.signal,
    );
  const run = (errand: Errand) => onFirst((url) => runOne(url, options, errand, closing.signal));
  return {
    ask: run,
    tell: async (request) => {
      await run({ request });
      if (closing.signal.aborted) throw new AppError('broker_unavailable', 'Herbarium is stopping, and sends nothing.');
    },
    rehearse: async (plan) => {
      let refusal: string | null = null;
      await onFirst(async (url) => {
        if (url.kind === 'amqp') refusal = await rehearseOnAmqp(url, plan);
      });
      return refusal;
    },
    close: () => closing.abort(),
  };
}

/** Settles as `asking` does, or soon after `signal`. */
async function orClosed(asking: Promise<void>, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let wait: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    wait = () => (timer = setTimeout(resolve, farewellMs));
  });
  signal.addEventListener('abort', wait, { once: true });
  try {
    await Promise.race([asking, closed]);
  } finally {
    signal.removeEventListener('abort', wait);
    clearTimeout(timer);
  }
}

function runOne(
  url: BrokerUrl,
  { controlExchange = 'celery', transport = {} }: RequestChannelOptions,
  errand: Errand,
  signal: AbortSignal,
): Promise<void> {
  if (url.kind === 'amqp') return runOnAmqp(url, { controlExchange }, errand, signal);
  const { globalKeyprefix = '', fanoutPrefix = true, fanoutPatterns = true, ...sentinel } = transport;
  const redis = { controlExchange, globalKeyprefix, fanoutPrefix, fanoutPatterns, ...sentinel };
  return runOnRedis(url, redis, errand, signal);
}
