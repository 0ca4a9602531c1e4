/**
 * In: a question to workers. Out: what each of them answers, within one overall time. Only questions, which change
 * nothing: there is no way to send anything else from here, nor a message of one's own making.
 */
import { randomUUID } from 'node:crypto';
import {
  openRequestChannel,
  type RequestChannel,
  type RequestChannelOptions,
} from '../brokers/open-request-channel.ts';
import { makeReplyKey, toReplyExchange } from '../brokers/question.ts';
import { toInspectRequest, type InspectArguments, type InspectMethod } from '../celery/control-message.ts';
import { readAnswer, readControlReply, type ControlReply } from '../celery/inspect-reply.ts';

export type { InspectMethod } from '../celery/control-message.ts';
export type { InspectAnswers, TaskInfo } from '../celery/inspect-reply.ts';

export interface InspectOptions {
  /** For all answers together. When `destination` is given, less is enough once all of them have answered. */
  timeoutMs: number;
  /** Node names; all workers when left out. */
  destination?: readonly string[];
}

/** A worker's answer, or the error with which it refuses. */
export type InspectReply<Method extends InspectMethod> = ReturnType<typeof readAnswer<Method>>;

export interface RemoteControl {
  /**
   * What workers answer, by host name. A worker that does not answer in time is not in it.
   * @throws {AppError} `broker_unavailable`; `bad_request` for an empty `destination`
   */
  inspect<Method extends InspectMethod>(
    method: Method,
    args: InspectArguments[Method],
    options: InspectOptions,
  ): Promise<Map<string, InspectReply<Method>>>;
  /** Ends what is being asked, with the answers that have come. */
  close(): void;
}

/** Nothing is connected before the first question. @throws {AppError} `bad_config` for a URL that is none */
export function openRemoteControl(options: RequestChannelOptions): RemoteControl {
  const channel = openRequestChannel(options);
  const exchange = toReplyExchange(options.controlExchange ?? 'celery');
  let clock = 0;
  return {
    async inspect(method, args, { timeoutMs, destination }) {
      clock++;
      const [ticket, replyKey] = [randomUUID(), makeReplyKey()];
      const request = toInspectRequest(method, args, {
        clock,
        expires: (Date.now() + timeoutMs) / 1000,
        destination,
        ticket,
        replyTo: { exchange, routingKey: replyKey },
      });
      const replies = await collect(channel, { request, replyKey, limitMs: timeoutMs }, ticket, destination);
      return new Map([...replies].map(([hostname, value]) => [hostname, readAnswer(method, value)]));
    },
    close: () => channel.close(),
  };
}

type Asked = Omit<Parameters<RequestChannel['ask']>[0], 'onReply'>;

async function collect(
  channel: RequestChannel,
  asked: Asked,
  ticket: string,
  destination: readonly string[] | undefined,
): Promise<Map<string, unknown>> {
  const replies = new Map<string, unknown>();
  await channel.ask({
    ...asked,
    onReply: (message) => {
      const reply = readReplyTo(ticket, message);
      if (reply) replies.set(reply.hostname, reply.value);
      return destination?.every((hostname) => replies.has(hostname)) ?? false;
    },
  });
  return replies;
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
