import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../server/celery/compression.ts';
import { decodeContent } from '../../server/celery/content.ts';
import { readEnvelope, toMessage } from '../../server/celery/envelope.ts';
import { isMessageLine, readCapture, toDelivery, type CaptureLine } from '../helpers/captures.ts';

const recordings = ['redis-5.6.3', 'redis-5.2.6', 'amqp-5.6.3', 'amqp-5.2.6'];
const taggedValues = [
  { __type__: 'datetime', __value__: '2024-02-29T01:02:03.000004' },
  { __type__: 'uuid', __value__: { hex: '12345678123456781234567812345678' } },
  { __type__: 'decimal', __value__: '1.10' },
  { __type__: 'base64', __value__: '/wA=' },
];
const embed = { callbacks: null, errbacks: null, chain: null, chord: null };

async function decodeLine(line: CaptureLine): Promise<unknown> {
  return decodeContent(await decompress(toMessage(toDelivery(line))), 'task_serializer').value;
}

function decode(
  body: string | Uint8Array,
  contentType: string | null,
  contentEncoding: string | null = 'utf-8',
): unknown {
  return decodeContent({ body, contentType, contentEncoding }, 'result_serializer').value;
}

describe.each(recordings)('task messages published on %s', (name) => {
  const lines = readCapture(`publish-${name}`).filter((line) => line.kind === 'message');
  const byCase = new Map(lines.map((line) => [line.case, line]));

  it('decode to arguments and links, or to the object of protocol 1; only pickle is refused', async () => {
    expect(lines.length).toBeGreaterThan(60);
    for (const line of lines) {
      if (line.case === 'serializer pickle') continue;
      const shape: unknown =
        line.case === 'protocol 1'
          ? expect.objectContaining({ task: 'tasks.echo', args: [1, 2] })
          : [expect.any(Array), expect.any(Object), expect.any(Object)];
      expect(await decodeLine(line), String(line.case)).toEqual(shape);
    }
  });

  it.each(['json', 'yaml', 'msgpack'])('say the same in %s', async (serializer) => {
    const line = byCase.get(`serializer ${serializer}`);
    expect(line && (await decodeLine(line))).toEqual([[1, 'ž', 1.5, [true]], { k: null }, embed]);
  });

  it('are refused in pickle, with the setting that fixes it', async () => {
    const line = byCase.get('serializer pickle');
    await expect(line && decodeLine(line)).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining("task_serializer = 'json'") as string,
    });
  });

  it('say the same compressed in any way', async () => {
    const compressed = lines.filter((line) => String(line.case).startsWith('compression'));
    expect(compressed.length).toBeGreaterThanOrEqual(4);
    for (const line of compressed) {
      expect(await decodeLine(line)).toEqual([[1, 'compressed '.repeat(20)], {}, embed]);
    }
  });

  it('keep unicode, and values that kombu tags', async () => {
    expect(await decodeLine(byCase.get('unicode') as CaptureLine)).toEqual([
      ['žluťoučký 🐴 日本語'],
      { k: 'ñ' },
      embed,
    ]);
    const tagged = byCase.get('tagged values');
    // kombu 5.2 knows no tags, and could not send these.
    expect(tagged !== undefined).toBe(name.endsWith('5.6.3'));
    if (tagged) expect(await decodeLine(tagged)).toEqual([expect.arrayContaining(taggedValues), {}, embed]);
  });
});

describe.each(recordings)('control messages on %s', (name) => {
  const lines = readCapture(`pidbox-${name}`);

  it('decode, every request and reply', async () => {
    const messages = lines.filter(({ kind }) => kind === 'request' || kind === 'reply');
    expect(messages.length).toBeGreaterThan(150);
    for (const line of messages) {
      const shape = line.kind === 'request' ? { method: expect.any(String) as string } : {};
      expect(await decodeLine(line)).toMatchObject(shape);
    }
  });

  it("hold the values that Celery's own client made of them", async () => {
    const replies = new Map<unknown, unknown[]>();
    for (const line of lines.filter(({ kind }) => kind === 'reply')) {
      replies.set(line.case, [...(replies.get(line.case) ?? []), await decodeLine(line)]);
    }
    let compared = 0;
    for (const { kind, case: name, value } of lines) {
      if (kind !== 'result' || !Array.isArray(value) || !replies.has(name)) continue;
      for (const each of value as unknown[]) expect(replies.get(name), String(name)).toContainEqual(each);
      compared += value.length;
    }
    expect(compared).toBeGreaterThan(100);
  });
});

describe.each(recordings)('results of %s', (name) => {
  const lines = readCapture(`results-${name}`);

  it('decode as JSON, from keys and from messages', async () => {
    const stored = lines.filter(({ kind, data }) => kind === 'value' && typeof data === 'string');
    expect(stored.length).toBeGreaterThan(80);
    for (const { data } of stored) {
      expect(decode(data as string, 'application/json')).toMatchObject({});
    }
    for (const line of lines.filter((each) => each.kind === 'message' && isMessageLine(each))) {
      expect(await decodeLine(line)).toMatchObject({
        task_id: expect.any(String) as string,
        status: expect.any(String) as string,
      });
    }
  });
});

describe('a body', () => {
  it('of text or bytes is itself', () => {
    expect(decode(Buffer.from('ž'), 'text/plain')).toBe('ž');
    expect(decode(Buffer.from('e9', 'hex'), 'text/plain', 'latin1')).toBe('é');
    expect(decode(Buffer.from([1, 2]), 'application/data', 'binary')).toEqual(Buffer.from([1, 2]));
    expect(decode(Buffer.from([1, 2]), null, null)).toEqual(Buffer.from([1, 2]));
  });

  it('keeps long integers exactly in JSON, msgpack and YAML, and short ones as numbers', () => {
    const long = 2n ** 60n + 1n;
    expect(decode(`[${long}, 7]`, 'application/json')).toEqual([long, 7]);
    expect(decode(encode([long, 7, 2 ** 40], { useBigInt64: true }), 'application/x-msgpack', 'binary')).toEqual([
      long,
      7,
      2 ** 40,
    ]);
    expect(decode(`- ${long}\n- 7\n`, 'application/x-yaml')).toEqual([long, 7]);
  });

  it.each([
    ['application/json', '{"a": tru}', 'no JSON'],
    ['application/x-msgpack', Buffer.from('dd7fffffff', 'hex'), 'no msgpack'],
    ['application/x-yaml', '{a: [', 'no YAML'],
    [
      'application/x-yaml',
      'a: &a [x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c]\ne: [*d,*d]',
      'no YAML',
    ],
  ])('of type %s that is none is a bad request', (contentType, body, message) => {
    expect(() => decode(body, contentType)).toThrow(
      expect.objectContaining({ code: 'bad_request', message: expect.stringContaining(message) as string }) as Error,
    );
  });

  it('of an unknown type or charset is refused with what is accepted', () => {
    expect(() => decode('x', 'application/x-protobuf')).toThrow(
      "Unknown content type 'application/x-protobuf' (result_serializer). Accepted: application/json",
    );
    expect(() => decode(Buffer.from('x'), 'text/plain', 'klingon')).toThrow("'klingon'");
  });

  it('of YAML runs nothing and keeps foreign tags out', () => {
    expect(decode('!!python/object/apply:os.system ["true"]', 'application/x-yaml')).toEqual(['true']);
    expect(decode('2024-02-29 12:30:00', 'application/x-yaml')).toBe('2024-02-29 12:30:00');
  });
});

describe('an envelope', () => {
  it('gives up its headers, properties and route', () => {
    const line = readCapture('publish-redis-5.6.3').find(({ kind }) => kind === 'message');
    const message = readEnvelope(line?.data as string);
    expect(message).toMatchObject({
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      exchange: '',
      routingKey: 'celery',
      headers: { task: 'tasks.noop', lang: 'py' },
      properties: { priority: 0, correlation_id: expect.any(String) as string },
    });
    expect(message.headers.id).toBe(message.properties.correlation_id);
  });

  it.each([['utf-8'], [null], [undefined]])('with body_encoding %s holds its body as text', (encoding) => {
    const text = JSON.stringify({ body: '{"é": 1}', headers: {}, properties: { body_encoding: encoding } });
    expect(readEnvelope(text, 'task.multi')).toMatchObject({
      body: '{"é": 1}',
      routingKey: 'task.multi',
      contentType: null,
    });
  });

  it.each([['hello'], ['[]'], ['{}'], ['{"body": {}}'], ['{"body": "", "properties": {"body_encoding": "rot13"}}']])(
    'that is none is a bad request: %s',
    (text) => {
      expect(() => readEnvelope(text)).toThrow("The message is not in kombu's envelope");
    },
  );
});
