import { describe, expect, it } from 'vitest';
import { exceptionClass, finishedAt, queueOf, receivedAt, runtimeS, waitS } from '../../server/domain/derived.ts';
import { sampleTask } from '../helpers/samples.ts';

describe('the time a task is found by', () => {
  it('is when its worker received it', () => {
    expect(receivedAt(sampleTask({ sent: 1, received: 2, timestamp: 3 }))).toBe(2);
  });

  it('is when it was sent while no worker has received it', () => {
    expect(receivedAt(sampleTask({ sent: 1, received: null, timestamp: 3 }))).toBe(1);
  });

  it('is that of its latest event where neither was seen', () => {
    expect(receivedAt(sampleTask({ sent: null, received: null, timestamp: 3 }))).toBe(3);
  });
});

describe('the end of a task', () => {
  it.each([
    ['SUCCESS', { succeeded: 7 }],
    ['FAILURE', { failed: 7 }],
    ['REVOKED', { revoked: 7 }],
    ['REJECTED', { rejected: 7 }],
  ])('of state %s is the time of that event', (state, times) => {
    expect(finishedAt(sampleTask({ state, succeeded: 1, failed: 1, revoked: 1, rejected: 1, ...times }))).toBe(7);
  });

  it.each(['PENDING', 'STARTED', 'RETRY', 'LOST', 'PROGRESS'])('is unknown in state %s', (state) => {
    expect(finishedAt(sampleTask({ state, succeeded: null, retried: 4 }))).toBeNull();
  });
});

describe('the run time of a task', () => {
  it('is what its worker measured when it succeeded', () => {
    expect(runtimeS(sampleTask({ state: 'SUCCESS', runtime: 1.25, started: 2, succeeded: 4 }))).toBe(1.25);
  });

  it.each([
    ['FAILURE', { failed: 7 }],
    ['RETRY', { retried: 7 }],
    ['REVOKED', { revoked: 7 }],
  ])('in state %s, of which no worker says it, is from its start to that event', (state, times) => {
    expect(runtimeS(sampleTask({ state, runtime: null, started: 4, ...times }))).toBe(3);
  });

  it('is unknown while it runs, if it never started, and if its clocks contradict each other', () => {
    expect(runtimeS(sampleTask({ state: 'STARTED', started: 4 }))).toBeNull();
    expect(runtimeS(sampleTask({ state: 'FAILURE', started: null, failed: 7 }))).toBeNull();
    expect(runtimeS(sampleTask({ state: 'FAILURE', started: 8, failed: 7 }))).toBeNull();
  });
});

describe('the wait of a task', () => {
  it('is from being sent to being started', () => {
    expect(waitS(sampleTask({ sent: 1, received: 2, started: 4 }))).toBe(3);
  });

  it('is from being received where nobody saw it sent', () => {
    expect(waitS(sampleTask({ sent: null, received: 2, started: 4 }))).toBe(2);
  });

  it('is never negative, whatever two clocks say', () => {
    expect(waitS(sampleTask({ sent: 5, received: 2, started: 4 }))).toBe(0);
  });

  it('is unknown until the task starts, and where its beginning was missed', () => {
    expect(waitS(sampleTask({ sent: 1, started: null }))).toBeNull();
    expect(waitS(sampleTask({ sent: null, received: null, started: 4 }))).toBeNull();
  });
});

describe('the queue of a task', () => {
  it('is the one its client named', () => {
    expect(queueOf(sampleTask({ queue: 'mail', exchange: '', routingKey: 'x' }))).toBe('mail');
  });

  it('is the routing key on the default exchange', () => {
    expect(queueOf(sampleTask({ queue: null, exchange: '', routingKey: 'mail' }))).toBe('mail');
  });

  it('is unknown otherwise', () => {
    expect(queueOf(sampleTask({ queue: null, exchange: 'topics', routingKey: 'mail' }))).toBeNull();
    expect(queueOf(sampleTask({ queue: '', exchange: null, routingKey: null }))).toBeNull();
  });
});

describe('the class of an exception', () => {
  it.each([
    ["ValueError('x')", 'ValueError'],
    ['KeyboardInterrupt()', 'KeyboardInterrupt'],
    ["requests.exceptions.HTTPError('404')", 'requests.exceptions.HTTPError'],
    ['yaml.YAMLError: while scanning', 'yaml.YAMLError'],
    ['<HttpError 404 when requesting https://example.com>', 'HttpError'],
    ["Fehlschlägt('…')", 'Fehlschlägt'],
    ["ValueError('x… [cut: 1,000 characters]", 'ValueError'],
  ])('of %s is %s', (exception, name) => {
    expect(exceptionClass(sampleTask({ exception }))).toBe(name);
  });

  it.each([null, '', 'it went wrong', "'text'", '(1, 2)'])('of %j is none', (exception) => {
    expect(exceptionClass(sampleTask({ exception }))).toBeNull();
  });

  it('is cut where it is longer than any class', () => {
    expect(exceptionClass(sampleTask({ exception: `${'E'.repeat(300)}()` }))).toHaveLength(200);
  });
});
