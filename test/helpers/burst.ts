/** A burst of a cluster's traffic, and what of it a store holds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Traffic, type WireMessage } from '../../scripts/bench/traffic.ts';
import type { CeleryEvent } from '../../server/celery/event.ts';
import { fromSubjectCode } from '../../server/store/event-row.ts';
import { fromIdKey } from '../../server/store/id-key.ts';
import type { GapBody } from '../../server/contract/status.ts';
import type { Publisher } from './publisher.ts';
import type { TestStore } from './stores.ts';

/** Epoch seconds: the broker took it between the two. */
export interface SentEvent {
  key: string;
  type: string;
  uuid: string | undefined;
  sentAt: number;
  takenAt: number;
}

export interface Burst {
  /** What the broker has taken so far. */
  readonly sent: SentEvent[];
  /** Settles when it has taken everything. */
  readonly done: Promise<void>;
  readonly isOver: boolean;
}

export interface BurstOptions {
  /** A task has four events, one in 33 eight. */
  tasks: number;
  /** Over so long; 0: as fast as the broker takes them. A task's last events come up to 3 s after its first. */
  seconds: number;
  /** Bursts of the same numbers are of the same tasks. */
  firstTask?: number;
}

/** HERBARIUM_FULL_SIZE=1: bursts as large as what we promise speaks of, where a suite that is run often has smaller ones. */
export const isFullSize = process.env['HERBARIUM_FULL_SIZE'] === '1';

const sliceSeconds = 0.02;
const flatOutRate = 2000;

export function startBurst(publisher: Publisher, { tasks, seconds, firstTask = 0 }: BurstOptions): Burst {
  const rate = seconds === 0 ? flatOutRate : tasks / seconds;
  const start = Date.now() / 1000 - (seconds === 0 ? tasks / rate : 0);
  const traffic = new Traffic(firstTask, firstTask + tasks, start, rate);
  const sent: SentEvent[] = [];
  const run = async (): Promise<void> => {
    for (let until = start; !traffic.isOver; until += sliceSeconds) {
      await sleep(Math.max(0, until * 1000 - Date.now()));
      const messages = traffic.take(until);
      const sentAt = Date.now() / 1000;
      await publisher.publish(messages);
      const takenAt = Date.now() / 1000;
      for (const event of messages.flatMap(readEvents)) {
        sent.push({ key: keyOf(event), type: event.type, uuid: event.uuid, sentAt, takenAt });
      }
    }
  };
  const done = run();
  return {
    sent,
    done,
    get isOver() {
      return traffic.isOver;
    },
  };
}

function readEvents({ body }: WireMessage): CeleryEvent[] {
  const content = JSON.parse(body) as CeleryEvent | CeleryEvent[];
  return Array.isArray(content) ? content : [content];
}

function keyOf({ type, uuid, hostname, timestamp }: Pick<CeleryEvent, 'type' | 'uuid' | 'hostname' | 'timestamp'>) {
  return `${type} ${uuid ?? ''} ${hostname} ${timestamp}`;
}

interface History {
  /** One for each row. */
  events: string[];
  states: { uuid: string; state: string }[];
  /** What the counters say. */
  counted: number;
}

/** All that a store holds, row by row. */
export async function readHistory(store: Pick<TestStore, 'openReader'>): Promise<History> {
  const reader = await store.openReader();
  const history: History = { events: [], states: [], counted: 0 };
  try {
    for (const { db } of await reader.segments()) {
      const ofTasks = await db
        .selectFrom('task_events')
        .innerJoin('tasks', 'tasks.id', 'task_events.task_id')
        .innerJoin('senders', 'senders.id', 'task_events.sender_id')
        .select(['tasks.uuid', 'subject', 'hostname', 'at'])
        .execute();
      for (const { uuid, subject, hostname, at } of ofTasks) {
        history.events.push(
          keyOf({ type: `task-${fromSubjectCode(subject)}`, uuid: fromIdKey(uuid), hostname, timestamp: at }),
        );
      }
      const others = await db
        .selectFrom('other_events')
        .innerJoin('senders', 'senders.id', 'other_events.sender_id')
        .select(['type', 'hostname', 'at'])
        .execute();
      for (const { type, hostname, at } of others) history.events.push(keyOf({ type, hostname, timestamp: at }));
      const tasks = await db.selectFrom('tasks').select(['uuid', 'state']).execute();
      for (const { uuid, state } of tasks) history.states.push({ uuid: fromIdKey(uuid), state });
    }
    history.counted = (await reader.totals()).events;
  } finally {
    await reader.close();
  }
  return history;
}

/** Nothing of these bursts is missing, nothing is there twice, every task is in its final state, the counters are right. */
export async function expectWhole(store: Pick<TestStore, 'openReader'>, bursts: Burst[]): Promise<void> {
  const { events, states, counted } = await readHistory(store);
  const sent = bursts.flatMap((burst) => burst.sent);
  const stored = new Set(events);
  const finals = finalStates(sent);
  const wrong = states.filter(({ uuid, state }) => finals.get(uuid) !== state);
  expect({
    missing: sent.filter(({ key }) => !stored.has(key)).length,
    events: events.length,
    counted,
    tasks: states.length,
    distinctTasks: new Set(states.map(({ uuid }) => uuid)).size,
    wrong,
  }).toEqual({
    missing: 0,
    events: new Set(sent.map(({ key }) => key)).size,
    counted: new Set(sent.map(({ key }) => key)).size,
    tasks: finals.size,
    distinctTasks: finals.size,
    wrong: [],
  });
}

/** Of a Redis: nothing is missing but what came in a gap, nothing is there twice, the counters are right. */
export async function expectLossOnlyIn(
  gaps: GapBody[],
  store: Pick<TestStore, 'openReader'>,
  burst: Burst,
): Promise<{ lost: SentEvent[] }> {
  const { events, states, counted } = await readHistory(store);
  const stored = new Set(events);
  const lost = burst.sent.filter(({ key }) => !stored.has(key));
  expect(events.length).toBe(stored.size);
  expect(counted).toBe(events.length);
  expect(states.length).toBe(new Set(states.map(({ uuid }) => uuid)).size);
  const untold = lost.filter(
    ({ sentAt, takenAt }) => !gaps.some(({ from, to }) => takenAt >= from - onItsWay && sentAt <= (to ?? Infinity)),
  );
  const shown = untold.slice(0, 3).map(({ type, sentAt, takenAt }) => ({ type, sentAt, takenAt }));
  expect({ lost: lost.length, untold: untold.length, shown, gaps }).toMatchObject({ untold: 0 });
  return { lost };
}

/** What lay in a socket when its process was stopped was published this much earlier, in seconds, on a busy machine. */
const onItsWay = 0.25;

function finalStates(sent: SentEvent[]): Map<string, string> {
  const states = new Map<string, string>();
  for (const { uuid, type } of sent) {
    if (uuid === undefined) continue;
    if (type === 'task-succeeded') states.set(uuid, 'SUCCESS');
    else if (type === 'task-failed') states.set(uuid, 'FAILURE');
    else if (!states.has(uuid)) states.set(uuid, 'unfinished');
  }
  return states;
}
