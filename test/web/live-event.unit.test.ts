import { expect, it } from 'vitest';
import type { LiveEventBody } from '../../server/contract/live.ts';
import {
  eventKinds,
  isEventShown,
  readEventFilter,
  toEventFilterQuery,
  toLiveEventTone,
} from '../../web/src/models/live-event.ts';

const eventOf = (type: string, changes: Partial<LiveEventBody> = {}): LiveEventBody => ({
  id: 1,
  type,
  at: 100,
  hostname: 'mail@shop',
  uuid: null,
  name: null,
  exception: null,
  ...changes,
});

it('keeps its filter in the address, and makes nothing of what it does not know', () => {
  for (const { id } of eventKinds) {
    const filter = { kind: id, text: 'charge' };
    expect(readEventFilter(toEventFilterQuery(filter))).toEqual(filter);
  }
  expect(toEventFilterQuery({ kind: '', text: '' }).toString()).toBe('');
  expect(readEventFilter(new URLSearchParams('kind=all')).kind).toBe('');
});

it('narrows by kind and by text', () => {
  const failed = eventOf('task-failed', { uuid: 'abc', name: 'shop.charge', exception: 'ValueError()' });
  const beat = eventOf('worker-heartbeat');
  const kinds = (event: LiveEventBody) =>
    eventKinds.filter(({ id }) => isEventShown(event, { kind: id, text: '' })).map(({ id }) => id);
  expect(kinds(failed)).toEqual(['', 'task', 'trouble', 'beatless']);
  expect(kinds(beat)).toEqual(['', 'worker']);
  for (const text of ['CHARGE', 'abc', 'valueerror', 'mail@', 'failed', ' ']) {
    expect(isEventShown(failed, { kind: '', text })).toBe(true);
  }
  expect(isEventShown(failed, { kind: '', text: 'orders' })).toBe(false);
});

it('has the colours of states', () => {
  expect(
    ['task-failed', 'task-succeeded', 'task-sent', 'worker-offline', 'task-progress'].map(toLiveEventTone),
  ).toEqual(['failure', 'success', 'pending', 'failure', 'custom']);
});
