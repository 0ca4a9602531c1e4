import { randomUUID } from 'node:crypto';
import type { Broadcast } from './broker.ts';
import type { Message } from './session.ts';

/** A request to workers that is answered. */
export interface Question {
  /** Its `reply_to` names {@link toReplyExchange} and `replyKey`. */
  request: Broadcast;
  /** From {@link makeReplyKey}, and not used before. */
  replyKey: string;
  /** From the moment the request is published. */
  limitMs: number;
  /** Called for each reply; true: no more is waited for. */
  onReply(reply: Message): boolean;
}

/** One request on its way: an answered one, or one that nobody answers. */
export type Errand = Question | { request: Broadcast };

/** The exchange that workers listen to; `controlExchange` is Celery's setting. */
export function toRequestExchange(controlExchange: string): string {
  return `${controlExchange}.pidbox`;
}

export function toReplyExchange(controlExchange: string): string {
  return `reply.${controlExchange}.pidbox`;
}

/** A name for a reply queue that no other has, and that says whose it is: what is left behind can be told. */
export function makeReplyKey(): string {
  return `herbarium.${randomUUID()}`;
}

export function isReplyKey(key: string): boolean {
  return /^herbarium\.[-.\da-f]+$/.test(key);
}
