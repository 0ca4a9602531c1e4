import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { PubSubReader } from '../../server/brokers/pubsub-reader.ts';

const pattern = '/0.celeryev/*';

/** An array of strings, as Redis sends it. */
function toReply(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

const message = (text: string, channel = '/0.celeryev/task.multi') => toReply('pmessage', pattern, channel, text);

/** What comes out of it, in order: messages as `channel text`, other replies as they are. */
function readChunks(chunks: Buffer[], patterns = [pattern]): string[] {
  const out: string[] = [];
  const reader = new PubSubReader(patterns, {
    onMessage: (channel, text) => void out.push(`${channel} ${text.toString()}`),
    onReply: (bytes) => void out.push(bytes.toString()),
  });
  for (const chunk of chunks) reader.read(chunk);
  return out;
}

describe('a reader of a subscription', () => {
  test('hands over messages, and passes every other reply on untouched', () => {
    const replies = [
      '+PONG\r\n',
      '*3\r\n$10\r\npsubscribe\r\n$13\r\n/0.celeryev/*\r\n:1\r\n',
      '-NOPERM this user may not\r\n',
      toReply('pong', ''),
      '*-1\r\n',
      '$-1\r\n',
      '*0\r\n',
      '*2\r\n*1\r\n:7\r\n$2\r\n\r\n\r\n',
      toReply('pmessage', '/1.other/*', '/1.other/x', 'not to our pattern'),
    ];
    const stream = replies.map((reply, i) => reply + message(String(i))).join('');
    const expected = replies.flatMap((reply, i) => [reply, `/0.celeryev/task.multi ${i}`]);
    expect(readChunks([Buffer.from(stream)])).toEqual(expected);
  });

  test('reads the same however the stream is cut into chunks', () => {
    const texts = ['', 'x', '\r\n', 'Grüße 🌸', message('a message in a message'), 'y'.repeat(300)];
    const stream = Buffer.from(texts.map((text) => message(text) + toReply('pong', text)).join(''));
    const expected = texts.flatMap((text) => [`/0.celeryev/task.multi ${text}`, toReply('pong', text)]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (sizes) => {
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(readChunks(chunks)).toEqual(expected);
      }),
    );
  });

  test('tells the messages to several patterns apart', () => {
    const other = '/{db}.celeryev/*';
    const stream = message('first') + toReply('pmessage', other, '/{db}.celeryev/x', 'second');
    expect(readChunks([Buffer.from(stream)], [pattern, other])).toEqual([
      '/0.celeryev/task.multi first',
      '/{db}.celeryev/x second',
    ]);
  });

  test('puts the hundreds of chunks of a 50 MB message together once', () => {
    const text = 'z'.repeat(50_000_000);
    const stream = Buffer.from(message(text) + message('next'));
    const chunks: Buffer[] = [];
    for (let at = 0; at < stream.length; at += 65_536) chunks.push(stream.subarray(at, at + 65_536));
    const joins = vi.spyOn(Buffer, 'concat');
    const out = readChunks(chunks);
    // Joining at each chunk would copy 19 GB.
    expect(joins.mock.calls.length).toBeLessThan(4);
    joins.mockRestore();
    expect(out.map((line) => line.length)).toEqual([text.length + 23, 27]);
  });
});
