import type { LiveRequest } from '../contract/live.ts';

/** The sending side of one page's connection. */
export interface LiveSink {
  send(text: string): void;
  /** Bytes handed over that the network has not taken yet. */
  readonly bufferedBytes: number;
}

/** A message that is only put together, and only once, when somebody is to get it. */
export type LazyText = () => string;

export interface ClientOptions {
  /** The present state of one topic; null: there is none. */
  readSnapshot: (topic: LiveRequest) => Promise<string | null>;
  onError: (error: unknown) => void;
  /** There is something to catch up with, and no reason known why it could not be done soon. */
  onBehind: () => void;
}

/** A page that has left this much unread misses what changes until it has read it. */
const slowBytes = 256 * 1024;

/**
 * What one page wants to know and what it has not been told yet. That is never a queue of messages, only the names of
 * topics that are out of date: whatever a page missed, one snapshot of each makes it good.
 */
export class Client {
  readonly #sink: LiveSink;
  readonly #options: ClientOptions;
  #topics = new Map<string, LiveRequest>();
  #outdated = new Set<string>();
  /** Topics whose snapshot is being read: a change meanwhile may or may not be in it. */
  #reading = new Set<string>();
  #hasLeft = false;

  constructor(sink: LiveSink, options: ClientOptions) {
    this.#sink = sink;
    this.#options = options;
  }

  /** Replaces the topics; the state of each follows. */
  subscribe(topics: readonly LiveRequest[]): void {
    this.#topics = new Map(topics.map((topic) => [toKey(topic), topic]));
    this.#outdated = new Set(this.#topics.keys());
    this.#options.onBehind();
  }

  leave(): void {
    this.#hasLeft = true;
    this.#topics.clear();
    this.#outdated.clear();
  }

  follows(topic: LiveRequest['topic']): boolean {
    return this.#topics.has(topic);
  }

  get isBehind(): boolean {
    return this.#outdated.size > 0;
  }

  /** Sends a change of a topic, or remembers that it was missed. */
  offer(topic: 'tasks' | 'workers' | 'events', text: LazyText): void {
    if (!this.#topics.has(topic)) return;
    if (this.#isSlow || this.#outdated.has(topic) || this.#reading.has(topic)) this.#outdated.add(topic);
    else this.#sink.send(text());
  }

  /** The same for what is sent anew soon anyway. */
  offerPassing(text: LazyText): void {
    if (!this.#isSlow) this.#sink.send(text());
  }

  /** Tasks are told one by one, as the store has them. */
  outdateTasks(isConcerned: (uuid: string) => boolean): void {
    for (const [key, topic] of this.#topics) {
      if (topic.topic === 'task' && isConcerned(topic.uuid)) this.#outdated.add(key);
    }
  }

  /** Reads and sends what is out of date, unless the page is slow or an earlier call is still at it. */
  async catchUp(): Promise<void> {
    if (!this.isBehind || this.#isSlow || this.#reading.size > 0) return;
    this.#reading = this.#outdated;
    this.#outdated = new Set();
    const failed: string[] = [];
    for (const key of this.#reading) {
      try {
        await this.#sendSnapshot(key);
      } catch (error) {
        failed.push(key);
        this.#options.onError(error);
      }
    }
    this.#reading = new Set();
    if (this.isBehind && failed.length === 0) this.#options.onBehind();
    this.#outdated = this.#stillWanted([...failed, ...this.#outdated]);
  }

  async #sendSnapshot(key: string): Promise<void> {
    const topic = this.#topics.get(key);
    if (topic === undefined) return;
    const text = await this.#options.readSnapshot(topic);
    if (text !== null && this.#topics.has(key) && !this.#hasLeft) this.#sink.send(text);
  }

  #stillWanted(keys: string[]): Set<string> {
    return new Set(keys.filter((key) => this.#topics.has(key)));
  }

  get #isSlow(): boolean {
    return this.#sink.bufferedBytes > slowBytes;
  }
}

function toKey(topic: LiveRequest): string {
  return topic.topic === 'task' ? `task ${topic.uuid}` : topic.topic;
}
