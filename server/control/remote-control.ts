/**
 * In: a question or an order to workers. Out: what each of them answers, within one overall time. Nothing is sent but the
 * commands of `celery/control-arguments.ts`, and none before its arguments have been checked.
 */
import { randomUUID } from 'node:crypto';
import { openRequestChannel, type RequestChannelOptions } from '../brokers/open-request-channel.ts';
import { makeReplyKey, toReplyExchange, type Question } from '../brokers/question.ts';
import {
  checkArguments,
  type ControlArguments,
  type ControlMethod,
  type OrderMethod,
} from '../celery/control-arguments.ts';
import { toControlRequest } from '../celery/control-message.ts';
import {
  readAnswer,
  readControlReply,
  toControlAnswer,
  type ControlAnswer,
  type ControlReply,
  type InspectAnswers,
} from '../celery/inspect-reply.ts';

import { AppError } from '../errors.ts';
import { findContradiction, toConsumerPlan, type AddConsumer } from './consumer-check.ts';

export type { ControlArguments, ControlMethod, InspectMethod, OrderMethod } from '../celery/control-arguments.ts';
export type { ControlAnswer, InspectAnswers, TaskInfo } from '../celery/inspect-reply.ts';

export interface AskOptions {
  /** For all answers together. When `destination` is given, less is enough once all of them have answered. */
  timeoutMs: number;
  /** Node names; all workers when left out. */
  destination?: readonly string[];
  /** What is kept of each answer as soon as it has come: hundreds of long ones need not be in memory at once. */
  keep?: (value: unknown) => unknown;
}

/** A worker's answer, or the error with which it refuses. */
export type InspectReply<Method extends keyof InspectAnswers> = ReturnType<typeof readAnswer<Method>>;

export interface RemoteControl {
  /**
   * What workers answer, by host name, as they say it: plain values, not looked into. A worker that does not answer in
   * time is not in it.
   * @throws {AppError} `broker_unavailable`; `forbidden` for a queue that a worker could not declare, which would end it;
   * `bad_request`, with nothing sent, for arguments that cannot be, or an empty
   * `destination`
   */
  ask<Method extends ControlMethod>(
    method: Method,
    args: ControlArguments[Method],
    options: AskOptions,
  ): Promise<Map<string, ControlAnswer>>;
  /** The same for some questions, with the answers read. */
  inspect<Method extends keyof InspectAnswers>(
    method: Method,
    args: ControlArguments[Method],
    options: AskOptions,
  ): Promise<Map<string, InspectReply<Method>>>;
  /** Settles when the broker has the order; nobody answers it. All workers when `destination` is left out. */
  tell<Method extends Exclude<OrderMethod, 'add_consumer'>>(
    method: Method,
    args: ControlArguments[Method],
    destination?: readonly string[],
  ): Promise<void>;
  /** Ends what is being asked, with the answers that have come. */
  close(): void;
}

export interface RemoteControlOptions extends RequestChannelOptions {
  /** Celery's `event_exchange`. */
  eventExchange?: string;
}

/** Nothing is connected before the first question. @throws {AppError} `bad_config` for a URL that is none */
export function openRemoteControl(options: RemoteControlOptions): RemoteControl {
  const channel = openRequestChannel(options);
  const { controlExchange = 'celery' } = options;
  const exchange = toReplyExchange(controlExchange);
  let clock = 0;

  async function collect<Method extends ControlMethod>(
    method: Method,
    args: ControlArguments[Method],
    { timeoutMs, destination, keep = (value) => value }: AskOptions,
  ): Promise<Map<string, unknown>> {
    const [ticket, replyKey] = [randomUUID(), makeReplyKey()];
    const request = toControlRequest(method, args, {
      clock: ++clock,
      expires: (Date.now() + timeoutMs) / 1000,
      destination,
      ticket,
      replyTo: { exchange, routingKey: replyKey },
    });
    const replies = new Map<string, unknown>();
    const onReply: Question['onReply'] = (message) => {
      const reply = readReplyTo(ticket, message);
      if (reply) replies.set(reply.hostname, keep(reply.value));
      return destination?.every((hostname) => replies.has(hostname)) ?? false;
    };
    await channel.ask({ request, replyKey, limitMs: timeoutMs, onReply });
    return replies;
  }

  const ownExchanges = [options.eventExchange ?? 'celeryev', `${controlExchange}.pidbox`, exchange];
  /** Those that answer, and so are up. @throws {AppError} `forbidden` for what would end one of them */
  async function findConsumers(args: AddConsumer, { timeoutMs, destination }: AskOptions): Promise<string[]> {
    const [confs, queues] = await Promise.all([
      collect('conf', {}, { timeoutMs, destination }),
      collect('active_queues', {}, { timeoutMs, destination }),
    ]);
    const able = [...confs.keys()].filter((hostname) => queues.has(hostname));
    for (const hostname of able) {
      const settings = { conf: confs.get(hostname), queues: queues.get(hostname) };
      const plan = toConsumerPlan(args, settings);
      if (plan === null) continue;
      const refusal = findContradiction(plan, settings, ownExchanges) ?? (await channel.rehearse(plan));
      if (refusal !== null) throw new AppError('forbidden', `the worker could not declare it: ${refusal}`);
    }
    return able;
  }

  return {
    async ask(method, args, asked) {
      let { destination } = asked;
      if (method === 'add_consumer') {
        checkArguments(method, args);
        destination = await findConsumers(args as AddConsumer, asked);
        if (destination.length === 0) return new Map();
      }
      const replies = await collect(method, args, { ...asked, destination });
      return new Map([...replies].map(([hostname, value]) => [hostname, toControlAnswer(value)]));
    },
    async inspect(method, args, asked) {
      const replies = await collect(method, args, asked);
      return new Map([...replies].map(([hostname, value]) => [hostname, readAnswer(method, value)]));
    },
    async tell(method, args, destination) {
      await channel.tell(toControlRequest(method, args, { clock: ++clock, destination }));
    },
    close: () => channel.close(),
  };
}

/** Null for what is no answer to this question: a reply queue is anybody's to write to. */
function readReplyTo(ticket: string, message: Parameters<typeof readControlReply>[0]): ControlReply | null {
  try {
    const reply = readControlReply(message);
    return reply.ticket === ticket ? reply : null;
  } catch {
    return null;
  }
}
