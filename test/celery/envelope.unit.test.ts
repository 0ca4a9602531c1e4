import { describe, expect, it } from 'vitest';
import { readEnvelope } from '../../server/celery/envelope.ts';

const rest = {
  'content-encoding': 'utf-8',
  'content-type': 'application/json',
  headers: { hostname: 'w1@alpha' },
  properties: { delivery_info: { exchange: 'celeryev', routing_key: 'task.multi' }, body_encoding: 'base64' },
};

/** With Python's spaces, and the body in front, as kombu writes it. */
function toEnvelope(body: string, more: object = rest): string {
  return JSON.stringify({ body, ...more }).replace('{"body":"', '{"body": "');
}

const toText = (body: string | Uint8Array): string => (typeof body === 'string' ? body : Buffer.from(body).toString());
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const withEncoding = (encoding: string | null) => ({ ...rest, properties: { body_encoding: encoding } });

describe('an envelope of kombu', () => {
  it('gives its body, and all that it says of it', () => {
    const message = readEnvelope(toEnvelope(base64('{"type": "task-sent"}')));
    expect(message).toMatchObject({ contentType: 'application/json', contentEncoding: 'utf-8' });
    expect(message).toMatchObject({
      exchange: 'celeryev',
      routingKey: 'task.multi',
      headers: { hostname: 'w1@alpha' },
    });
    expect(toText(message.body)).toBe('{"type": "task-sent"}');
  });

  it.each([
    ['beyond ASCII', '{"args": "(\'Grüße 🌸\',)"}'],
    ['empty', ''],
  ])('keeps a body that is %s', (_, text) => {
    expect(toText(readEnvelope(toEnvelope(base64(text))).body)).toBe(text);
  });

  it('keeps the bytes of a body that is no text', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const envelope = toEnvelope(Buffer.from(bytes).toString('base64'), { ...rest, 'content-encoding': 'binary' });
    expect(Uint8Array.from(readEnvelope(envelope).body as Uint8Array)).toEqual(bytes);
  });

  it('leaves a body in another charset to who knows it', () => {
    const body = Buffer.from('{}', 'utf16le');
    const envelope = toEnvelope(body.toString('base64'), { ...rest, 'content-encoding': 'utf-16le' });
    expect(Buffer.from(readEnvelope(envelope).body as Uint8Array)).toEqual(body);
  });

  it('reads a body that is text with quotes, backslashes and braces in it', () => {
    const text = '{"args": "(\'a\\\\b\', \\"}, {\\")", "body": "x"}';
    expect(readEnvelope(toEnvelope(text, withEncoding('utf-8'))).body).toBe(text);
    expect(readEnvelope(toEnvelope('plain', withEncoding(null))).body).toBe('plain');
  });

  it('is read with its keys in any order, and with a second body', () => {
    const late = JSON.stringify({ ...rest, body: base64('late') });
    expect(toText(readEnvelope(late).body)).toBe('late');
    const twice = `{"body": "${base64('first')}", "body": "${base64('second')}", ${JSON.stringify(rest).slice(1)}`;
    expect(toText(readEnvelope(twice).body)).toBe('second');
  });

  it.each(['', '{"body": "', '{"body": "e30="', '{"body": "e30=", ', '[]', '{"body": 1}', '{"body": "\\"}'])(
    'is refused, with a reason, when it is %j',
    (text) => {
      expect(() => readEnvelope(text)).toThrow(/not in kombu's envelope/);
    },
  );
});
