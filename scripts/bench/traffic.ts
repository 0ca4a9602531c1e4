/**
 * What a busy cluster publishes, message by message, in the form in which Celery's clients and workers send it: clients
 * `task-sent` alone, workers their task events in lists of up to 24 (`task.multi`), cut by time, and a heartbeat every 2 s.
 */
import { randomUUID } from 'node:crypto';
import type { CeleryEvent } from '../../server/celery/event.ts';
import { eventsOfTask, workerNames } from './synthetic-tasks.ts';

export interface WireMessage {
  routingKey: string;
  hostname: string;
  events: number;
  /** Python's JSON of one event or a list of them. */
  body: string;
}

const largestGroup = 24;
const heartbeatSeconds = 2;

export class Traffic {
  /** Events of tasks that were sent, still to happen. */
  #pending: CeleryEvent[] = [];
  #nextTask: number;
  #nextHeartbeat: number;
  readonly #endTask: number;
  readonly #startSeconds: number;
  readonly #tasksPerSecond: number;
  readonly #firstTask: number;
  #processed = 0;

  /** Tasks `firstTask` up to but not including `endTask`, sent evenly from `startSeconds` (epoch) on. */
  constructor(firstTask: number, endTask: number, startSeconds: number, tasksPerSecond: number) {
    this.#firstTask = this.#nextTask = firstTask;
    this.#endTask = endTask;
    this.#startSeconds = this.#nextHeartbeat = startSeconds;
    this.#tasksPerSecond = tasksPerSecond;
  }

  get isOver(): boolean {
    return this.#nextTask === this.#endTask && this.#pending.length === 0;
  }

  /** All that happens up to then (epoch seconds), since the last call. */
  take(untilSeconds: number): WireMessage[] {
    const due = Math.ceil((untilSeconds - this.#startSeconds) * this.#tasksPerSecond) + this.#firstTask;
    for (; this.#nextTask < Math.min(due, this.#endTask); this.#nextTask++) {
      const at = this.#startSeconds + (this.#nextTask - this.#firstTask) / this.#tasksPerSecond;
      this.#pending.push(...eventsOfTask(this.#nextTask, at));
    }
    for (; this.#nextHeartbeat < untilSeconds; this.#nextHeartbeat += heartbeatSeconds) {
      for (const hostname of workerNames) this.#pending.push(this.#heartbeat(hostname, this.#nextHeartbeat));
    }
    this.#pending.sort((a, b) => a.timestamp - b.timestamp);
    const later = this.#pending.findIndex((event) => event.timestamp >= untilSeconds);
    const now = this.#pending.splice(0, later === -1 ? this.#pending.length : later);
    return toMessages(now);
  }

  #heartbeat(hostname: string, timestamp: number): CeleryEvent {
    const worker = workerNames.indexOf(hostname);
    const load = { freq: 2.5, active: 4, processed: this.#processed++, loadavg: [0.41, 0.52, 0.63] };
    const software = { sw_ident: 'py-celery', sw_ver: '5.6.3', sw_sys: 'Linux' };
    const clock = this.#nextTask * 8;
    return {
      hostname,
      utcoffset: 0,
      pid: 1000 + worker,
      clock,
      ...load,
      ...software,
      timestamp,
      type: 'worker-heartbeat',
    };
  }
}

function toMessages(events: CeleryEvent[]): WireMessage[] {
  const messages: WireMessage[] = [];
  const groups = new Map<string, CeleryEvent[]>();
  const close = (hostname: string, group: CeleryEvent[]) => {
    messages.push({ routingKey: 'task.multi', hostname, events: group.length, body: toPythonJson(group) });
    groups.delete(hostname);
  };
  for (const event of events) {
    const { hostname, type } = event;
    if (type === 'task-sent' || type === 'worker-heartbeat') {
      messages.push({ routingKey: type.replaceAll('-', '.'), hostname, events: 1, body: toPythonJson(event) });
      continue;
    }
    const group = groups.get(hostname) ?? [];
    group.push(event);
    groups.set(hostname, group);
    if (group.length === largestGroup) close(hostname, group);
  }
  for (const [hostname, group] of groups) close(hostname, group);
  return messages;
}

/** With a space after each comma and colon, as Python's `json.dumps` writes it. */
function toPythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toPythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}: ${toPythonJson(field)}`);
  return `{${fields.join(', ')}}`;
}

/** The text kombu's Redis transport publishes, key by key. */
export function toRedisText({ routingKey, hostname, body }: WireMessage): string {
  return toPythonJson({
    body: Buffer.from(body).toString('base64'),
    'content-encoding': 'utf-8',
    'content-type': 'application/json',
    headers: { hostname },
    properties: {
      delivery_mode: 1,
      delivery_info: { exchange: 'celeryev', routing_key: routingKey },
      priority: 0,
      body_encoding: 'base64',
      delivery_tag: randomUUID(),
    },
  });
}
