import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { publishRequest } from '../../server/contract/publish.ts';
import type { TaskMessage } from '../../server/brokers/open-task-sender.ts';
import { toTaskMessage, toTaskSentEvent } from '../../server/celery/task-message.ts';
import { readPythonRepr } from '../../server/python/python-repr.ts';
import { readCallBody } from '../../server/control/call-body.ts';
import { readCapture, type CaptureLine } from '../helpers/captures.ts';

interface PublishedLine extends CaptureLine {
  case: string;
  kind: string;
  headers: Record<string, unknown>;
  properties: Record<string, unknown>;
  body?: string;
  body_b64?: string;
}

const lines = readCapture<PublishedLine>('publish-amqp-5.6.3');
const find = (name: string, kind = 'message'): PublishedLine =>
  lines.find((line) => line.case === name && line.kind === kind)!;

/** The same task, from us. */
function repeat(line: PublishedLine, body: object, now = line.t): TaskMessage {
  const { args, kwargs, ...options } = readCallBody(publishRequest, JSON.stringify(body));
  const { id, task, origin } = line.headers as { id: string; task: string; origin: string };
  const replyTo = line.properties['reply_to'] as string;
  return toTaskMessage({ id, task, args, kwargs, options }, { hostname: origin, pid: 1, replyTo }, now);
}

const cases: [name: string, body: object][] = [
  ['no arguments', {}],
  ['args', { args: [2, 3] }],
  ['unicode', { args: ['žluťoučký 🐴 日本語'], kwargs: { k: 'ñ' } }],
  ['eta aware utc', { args: [1, 2], eta: '2030-01-02T03:04:05.678901Z' }],
  ['eta aware +01:00', { args: [1, 2], eta: '2030-01-02T03:04:05.678901+01:00' }],
  ['eta naive', { args: [1, 2], eta: '2030-01-02 03:04:05.678901' }],
  ['queue', { args: [1, 2], queue: 'other' }],
  ['shadow', { args: [1, 2], shadow: 'display.name' }],
  ['custom headers', { args: [1, 2], headers: { tenant: 'acme', n: 5, nested: { a: [1] } } }],
  ['time limits', { args: [1, 2], time_limit: 30, soft_time_limit: 20.5 }],
  ['ignore_result', { args: [1, 2], ignore_result: true }],
  ['link', { args: [1, 2], link: { task: 'tasks.mul', args: [3] } }],
  ['retries', { args: [1, 2], retries: 3 }],
  ['delivery_mode transient', { args: [1, 2], delivery_mode: 1 }],
];

describe('a task message', () => {
  it.each(cases)('of the case "%s" is what Celery sends', (name, body) => {
    const line = find(name);
    const message = repeat(line, body);
    expect(message.headers).toEqual(line.headers);
    expect(Object.keys(message.headers)).toEqual(Object.keys(line.headers));
    expect(Buffer.from(message.body).toString()).toBe(line.body);
    expect(message).toMatchObject({
      correlationId: line.properties['correlation_id'],
      replyTo: line.properties['reply_to'],
      deliveryMode: line.properties['delivery_mode'],
      priority: line.properties['priority'] ?? null,
    });
  });

  it('that is compressed says so, and holds the same', () => {
    const line = find('compression gzip');
    const args = (JSON.parse(inflateSync(Buffer.from(line.body_b64!, 'base64')).toString()) as [unknown[]])[0];
    const message = repeat(line, { args, compression: 'gzip' });
    expect(message.headers).toEqual(line.headers);
    expect(inflateSync(message.body)).toEqual(inflateSync(Buffer.from(line.body_b64!, 'base64')));
  });

  it('counts its times from now, to the microsecond', () => {
    const line = find('countdown and expires');
    const { headers, expiration } = repeat(line, { args: [1, 2], countdown: 10, expires: 20 }, 1_795_151_675.143397);
    expect(headers).toMatchObject({
      eta: '2026-11-20T05:14:45.143397+00:00',
      expires: '2026-11-20T05:14:55.143397+00:00',
    });
    expect(expiration).toBe('20000');
    expect(repeat(line, { expires: '2020-01-01 00:00:00' }).expiration).toBe('0');
    expect(repeat(line, { expires: '2020-01-01 00:00:00' }).headers['expires']).toBe('2020-01-01T00:00:00');
  });

  it('shows its arguments, cut where they are long, or what its sender wants to be shown', () => {
    const line = find('long args');
    const args = (JSON.parse(line.body!) as [unknown[]])[0];
    const shown = String(repeat(line, { args }).headers['argsrepr']);
    expect(shown.slice(0, 1020)).toBe(String(line.headers['argsrepr']).slice(0, 1020));
    expect(shown.length).toBeLessThan(1040);
    expect(readPythonRepr(shown)).toMatchObject({ ok: true, truncated: true });
    expect(repeat(line, { args: [7], argsrepr: '(***)' }).headers['argsrepr']).toBe('(***)');
  });

  it('is told of as by Celery', () => {
    const line = find('args');
    const event = JSON.parse(find('args', 'task-sent event').body!) as {
      timestamp: number;
      clock: number;
      pid: number;
    };
    const message = repeat(line, { args: [2, 3] });
    const origin = { hostname: line.headers['origin'] as string, pid: event.pid, replyTo: '' };
    const route = { queue: 'celery', exchange: '', routingKey: 'celery' };
    const sent = toTaskSentEvent(message, route, origin, { clock: event.clock, now: event.timestamp });
    expect({ ...(JSON.parse(sent.body) as object), utcoffset: 0 }).toEqual(event);
    expect(sent.headers).toEqual({ hostname: origin.hostname });
  });
});

describe('a message that could hurt', () => {
  const line = find('args');
  const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);

  it.each([
    [{ headers: { id: 'another' } }, /id cannot be set here/],
    [{ headers: { task: 'x', stamps: {} } }, /task, stamps cannot be set here/],
    [{ headers: { a: { '!': 'timestamp' } } }, /must not be '!'/],
    [{ headers: { a: deep(12) } }, /nested more than 10 deep/],
    [{ headers: { a: 'x'.repeat(70_000) } }, /8192 bytes/],
    [{ args: [deep(200)] }, /args is nested more than 100 deep/],
    [{ kwargs: { a: deep(200) } }, /kwargs is nested more than 100 deep/],
    [{ args: 'abc' }, /args must be a list/],
    [{ kwargs: [] }, /kwargs must be an object/],
    [[1], /must be a JSON object/],
    [{ quue: 'x' }, /Unknown option 'quue'. Accepted: args, kwargs, task_id, .*queue/],
    [{ countdown: 'soon' }, /countdown must be a number of seconds/],
    [{ countdown: 1e12 }, /countdown must be/],
    [{ eta: 'tomorrow' }, /eta 'tomorrow' is no date of the form/],
    [{ eta: '2030-13-01 00:00:00.0' }, /is no date/],
    [{ expires: 'never' }, /expires must be a number of seconds, or a date/],
    [{ queue: '' }, /queue must be text of 1 to 255 bytes/],
    [{ queue: ['a'] }, /queue must be text/],
    [{ queue: 'q'.repeat(300) }, /queue must be text/],
    [{ priority: 300 }, /priority must be a whole number from 0 to 255/],
    [{ serializer: 'pickle' }, /serializer must be json/],
    [{ compression: 'lzma' }, /compression must be gzip or zlib/],
    [{ link: { args: [1] } }, /task must be text|link/],
    [{ link: { task: 'x', subtask_type: 'chord' } }, /subtask_type must be null|link/],
    [{ time_limit: 0 }, /time_limit must be/],
  ])('%o is refused, with the reason', (body, reason) => {
    expect(() => repeat(line, body)).toThrow(reason);
  });

  it('is refused when its body is no JSON, or nested without end', () => {
    for (const text of ['{', '{"args": [1,]}', '['.repeat(100_000)]) {
      expect(() => readCallBody(publishRequest, text)).toThrow(/no JSON/);
    }
  });
});
