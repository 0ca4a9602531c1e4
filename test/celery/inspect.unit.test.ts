import { describe, expect, it } from 'vitest';
import { toControlRequest } from '../../server/celery/control-message.ts';
import { readEnvelope } from '../../server/celery/envelope.ts';
import { readAnswer, readControlReply, type InspectAnswers, type TaskInfo } from '../../server/celery/inspect-reply.ts';
import { readCapture, toDelivery, type CaptureLine } from '../helpers/captures.ts';

const recordings = ['pidbox-redis-5.6.3', 'pidbox-redis-5.2.6', 'pidbox-amqp-5.6.3', 'pidbox-amqp-5.2.6'];

function linesOf(recording: string, name: string, kind: string): CaptureLine[] {
  return readCapture(recording).filter((line) => line.kind === kind && line.case === name);
}

function bodyOf(line: CaptureLine): { body: string; headers: Record<string, unknown> } {
  if (typeof line.data !== 'string') return line as unknown as { body: string; headers: Record<string, unknown> };
  const { body, headers } = readEnvelope(line.data);
  return { body: Buffer.from(body).toString(), headers };
}

const answersOf = <Method extends keyof InspectAnswers>(recording: string, name: string, method: Method) =>
  linesOf(recording, name, 'reply').map((line) => {
    const { hostname, value } = readControlReply(toDelivery(line));
    return { hostname, answer: readAnswer(method, value) };
  });

describe('a question to workers', () => {
  it.each([
    ['ping both by name', 'ping', {}],
    ['active safe=True', 'active', {}],
    ['query_task list', 'query_task', null],
  ] as const)('is what a monitor of Celery sends, byte for byte: %s', (name, method, args) => {
    for (const recording of recordings) {
      const { body, headers } = bodyOf(linesOf(recording, name, 'request')[0]!);
      const said = JSON.parse(body) as {
        destination: string[];
        ticket: string;
        reply_to: { exchange: string; routing_key: string };
        arguments: { ids: string[] };
      };
      const { clock, expires } = headers as { clock: number; expires: number };
      const request = toControlRequest(method, args ?? said.arguments, {
        clock,
        expires,
        destination: said.destination,
        ticket: said.ticket,
        replyTo: { exchange: said.reply_to.exchange, routingKey: said.reply_to.routing_key },
      });
      expect(request.body).toBe(body);
      expect(request.headers).toEqual({ clock, expires });
    }
  });

  it('never asks for the values of arguments, which a sender may have hidden', () => {
    const replyTo = { exchange: 'reply.celery.pidbox', routingKey: 'x' };
    expect(toControlRequest('active', {}, { clock: 1, ticket: 't', replyTo }).body).toContain('{"safe": true}');
  });
});

describe.each(recordings)('what workers answer, recorded in %s', (recording) => {
  it('is told apart by worker and by question', () => {
    const asked = JSON.parse(bodyOf(linesOf(recording, 'ping all', 'request')[0]!).body) as { ticket: string };
    const replies = linesOf(recording, 'ping all', 'reply').map((line) => readControlReply(toDelivery(line)));
    expect(replies.map(({ hostname }) => hostname).sort()).toEqual(['w1@alpha', 'w2@beta']);
    expect(replies.every(({ ticket }) => ticket === asked.ticket)).toBe(true);
    expect(replies.map(({ value }) => readAnswer('ping', value))).toEqual([
      { ok: true, value: 'pong' },
      { ok: true, value: 'pong' },
    ]);
  });

  it('says what runs, with the reprs of its arguments', () => {
    const [{ hostname, answer } = {}] = answersOf(recording, 'active safe=True', 'active');
    expect(hostname).toBe('w1@alpha');
    expect(answer).toMatchObject({ ok: true, value: [{ name: 'tasks.sleep_for', args: '(600,)', kwargs: '{}' }, {}] });
    const [task] = (answer as { value: TaskInfo[] }).value;
    expect(task!.startedAt).toBeGreaterThan(1_795_000_000);
    expect(task).toMatchObject({ exchange: '', routingKey: 'qa', eta: null });
  });

  it('does not let out the values of arguments that wait', () => {
    const [{ answer } = {}] = answersOf(recording, 'reserved', 'reserved');
    expect((answer as { value: TaskInfo[] }).value.length).toBeGreaterThan(1);
    expect((answer as { value: TaskInfo[] }).value[0]).toMatchObject({ name: 'tasks.echo', args: null, kwargs: null });
    const [{ answer: waiting } = {}] = answersOf(recording, 'scheduled', 'scheduled');
    expect((waiting as { value: TaskInfo[] }).value[0]).toMatchObject({
      name: 'tasks.echo',
      eta: expect.stringMatching(/^2026-11-\d\dT/) as string,
      args: null,
    });
  });

  it('says what was revoked, what of a list it has, and who it is', () => {
    const revoked = answersOf(recording, 'revoked', 'revoked').flatMap(({ answer }) => (answer.ok ? answer.value : []));
    expect(revoked).toContain('unknown-id');
    const queried = answersOf(recording, 'query_task list', 'query_task').flatMap(({ answer }) =>
      answer.ok ? answer.value : [],
    );
    expect(queried.map(({ state }) => state)).toEqual(expect.arrayContaining(['active', 'reserved']));
    const [{ answer: stats } = {}] = answersOf(recording, 'stats idle prefork', 'stats');
    expect(stats).toMatchObject({ ok: true, value: { pid: expect.any(Number) as number } });
    expect((stats as { value: { uptimeS: number } }).value.uptimeS).toBeGreaterThan(0);
  });
});

describe('an odd answer', () => {
  it('is an error, its own or that it cannot be read', () => {
    expect(readAnswer('active', { error: "KeyError('active')" })).toEqual({ ok: false, error: "KeyError('active')" });
    expect(readAnswer('active', 7)).toMatchObject({ ok: false });
    expect(readAnswer('ping', null)).toMatchObject({ ok: false });
    expect(readAnswer('active', [{ id: 7 }, { id: 'a' }, 'x'])).toMatchObject({ ok: true, value: [{ id: 'a' }] });
  });

  it('is refused when it is no reply at all', () => {
    const reply = (body: string, headers = {}) => ({
      body,
      envelope: false,
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      headers,
    });
    expect(() => readControlReply(reply('{"w1@a": 1}'))).toThrow('no reply');
    expect(() => readControlReply(reply('{"w1@a": 1, "w2@b": 2}', { ticket: 't' }))).toThrow('no reply');
    expect(() => readControlReply(reply('[]', { ticket: 't' }))).toThrow('no reply');
    expect(() => readControlReply(reply('{', { ticket: 't' }))).toThrow('no JSON');
    expect(readControlReply(reply('{"w1@a": 1}', { ticket: 't' }))).toEqual({
      ticket: 't',
      hostname: 'w1@a',
      value: 1,
    });
  });
});
