import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompress, decompressNow } from '../../server/celery/compression.ts';
import { toMessage, type Message } from '../../server/celery/envelope.ts';
import { isMessageLine, readCapture, toDelivery } from '../helpers/captures.ts';

const plainText = `[[1, "${'compressed '.repeat(20)}"], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]`;

function recorded(name: string): [string, Message][] {
  return readCapture(name)
    .filter((line) => String(line.case).startsWith('compression') && line.kind === 'message' && isMessageLine(line))
    .map((line) => [String(line.case), toMessage(toDelivery(line))]);
}

function message(body: Uint8Array, compression: unknown): Message {
  const headers = { compression, task: 'a.b' };
  return { body, headers, contentType: null, contentEncoding: null, exchange: null, routingKey: '', properties: {} };
}

const toText = ({ body }: Message) => Buffer.from(body).toString();

describe.each(['publish-redis-5.6.3', 'publish-redis-5.2.6', 'publish-amqp-5.6.3', 'publish-amqp-5.2.6'])(
  '%s',
  (name) => {
    const cases = recorded(name);

    it('has the compressions of its version', () => {
      expect(cases.map(([each]) => each.replace('compression ', '')).filter((each) => each !== 'zstd')).toEqual([
        'gzip',
        'zlib',
        'bzip2',
        'lzma',
      ]);
    });

    it.each(cases)('%s is undone', async (_, compressed) => {
      const plain = await decompress(compressed);
      expect(toText(plain)).toMatch(/^\[\[1, "compressed compressed .*"\], \{\}, \{"callbacks": null/);
      expect(plain.headers).not.toHaveProperty('compression');
      expect(plain.headers.task).toBe('tasks.add');
    });

    it.each(cases)('%s is refused when it grows beyond the limit', async (_, compressed) => {
      await expect(decompress(compressed, 100)).rejects.toMatchObject({
        code: 'too_large',
        message: expect.stringContaining('100 bytes') as string,
      });
    });
  },
);

describe('a body', () => {
  it('cut short anywhere is a bad request', async () => {
    for (const [name, { body, ...rest }] of recorded('publish-redis-5.6.3')) {
      for (let length = 0; length < body.length - 12; length++) {
        // bzip2's decoder takes the end of the head for the end of an empty stream.
        if (name === 'compression bzip2' && length === 4) continue;
        const cut = decompress({ ...rest, body: body.slice(0, length) });
        await expect(cut).rejects.toMatchObject({ code: 'bad_request' });
      }
    }
  });

  it('compressed as a zlib stream, a gzip file or by brotli is read at once', () => {
    const text = Buffer.from(plainText);
    expect(toText(decompressNow(message(deflateSync(text), 'application/x-gzip')))).toBe(plainText);
    expect(toText(decompressNow(message(gzipSync(text), 'application/x-gzip')))).toBe(plainText);
    expect(toText(decompressNow(message(brotliCompressSync(text), 'application/x-brotli')))).toBe(plainText);
  });

  it('that is not compressed comes back as it is', async () => {
    const plain = message(Buffer.from('x'), undefined);
    expect(decompressNow(plain)).toBe(plain);
    expect(await decompress(plain)).toBe(plain);
  });

  it('compressed with lzma, or in no known way, is refused where nothing can wait', () => {
    expect(() => decompressNow(message(Buffer.from(''), 'application/x-lzma'))).toThrow('lzma');
    expect(() => decompressNow(message(Buffer.from(''), 'application/x-lzo'))).toThrow("'application/x-lzo'");
  });

  it('that would unfold to gigabytes is refused by the size its frame claims', () => {
    const claimsTwoGigabytes = Buffer.from('28b52ffd' + 'a0' + '00000080' + '010000', 'hex');
    expect(() => decompressNow(message(claimsTwoGigabytes, 'application/zstd'))).toThrow('grows beyond 67108864 bytes');
    expect(() => decompressNow(message(gzipSync(Buffer.alloc(1_000_000)), 'gzip'), 10_000)).toThrow(
      'grows beyond 10000 bytes',
    );
  });

  it('that is damaged is a bad request, with every method', async () => {
    const methods = [
      'application/x-gzip',
      'application/x-bz2',
      'application/x-lzma',
      'application/zstd',
      'application/x-brotli',
    ];
    const damaged = fc.uint8Array({ maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(damaged, fc.constantFrom(...methods), async (bytes, method) => {
        const outcome = await decompress(message(bytes, method)).catch((error: unknown) => error);
        if (outcome instanceof Error)
          expect(outcome).toMatchObject({
            name: 'AppError',
            code: expect.stringMatching(/bad_request|too_large/) as string,
          });
      }),
      { numRuns: 60 },
    );
  });
});
