import { appendFileSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { ParcelBuilder } from '../../server/ingest/parcel.ts';
import { openSpoolFolder } from '../../server/ingest/spool-files.ts';
import type { SpoolEntry } from '../../server/ingest/spool-record.ts';
import type { TailHooks } from '../../server/ingest/spool-tail.ts';
import { Spool, type SpoolOptions } from '../../server/ingest/spool.ts';
import { makeFolder } from '../helpers/folders.ts';
import { toDelivery } from '../helpers/ingest.ts';

const url = 'redis://r';
const waiting = { timeout: 20_000, interval: 20 };

/** A parcel of one message that says `text`. */
function entry(text: string): SpoolEntry {
  const builder = new ParcelBuilder(0);
  builder.add(toDelivery(text, 1));
  return { url, message: { kind: 'parcel', parcel: builder.take(null) } };
}

function textOf({ message }: SpoolEntry): string {
  return message.kind === 'parcel' ? Buffer.from(message.parcel.content).toString() : message.kind;
}

async function openSpool(folder: string, options: Partial<SpoolOptions> = {}, more: Partial<TailHooks> = {}) {
  const warnings: string[] = [];
  const found = await openSpoolFolder(folder);
  const spool = new Spool(
    found,
    { maxBytes: 1e9, retryMs: 20, ...options },
    {
      onReadable: () => undefined,
      onPassed: () => undefined,
      toHeader: () => [],
      toStorable: (one) => one,
      warn: (message) => void warnings.push(message),
      ...more,
    },
  );
  /** Reads until there is nothing more; the last number. */
  const readAll = async (): Promise<{ texts: string[]; number: number }> => {
    const read: SpoolEntry[] = [];
    for (;;) {
      const some = await spool.read();
      read.push(...some);
      if (some.length > 0) continue;
      if (spool.isDrained) break;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return { texts: read.map(textOf), number: read.at(-1)?.message.spooled ?? 0 };
  };
  const written = () => vi.waitFor(() => expect(spoolFiles(folder).some(({ bytes }) => bytes > 0)).toBe(true), waiting);
  /** As a process that is killed leaves it: nothing more is written, the lock goes. */
  const crash = async () => {
    await vi.waitFor(() => expect(spool.hasRoom(0)).toBe(true), waiting);
    found.release();
  };
  return { spool, warnings, readAll, written, crash };
}

function spoolFiles(folder: string): { name: string; path: string; bytes: number }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.spool'))
    .sort()
    .map((name) => ({ name, path: join(folder, name), bytes: statSync(join(folder, name)).size }));
}

const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `message ${from + i}`);

describe('a spool', () => {
  test('gives back what was put in, in order, from one file after the other', async () => {
    const folder = makeFolder();
    const { spool, readAll } = await openSpool(folder, { fileBytes: 2000 });
    for (const text of texts(0, 50)) spool.append(entry(text));
    const first = await readAll();
    for (const text of texts(50, 100)) spool.append(entry(text));
    const second = await readAll();

    expect([...first.texts, ...second.texts]).toEqual(texts(0, 100));
    expect(spool.messages).toBe(100);
    await spool.close([], []);
  });

  test('can be read while it is written to', async () => {
    const { spool, readAll } = await openSpool(makeFolder(), { fileBytes: 5000 });
    const reading: string[] = [];
    for (let at = 0; at < 1000; at += 10) {
      for (const text of texts(at, at + 10)) spool.append(entry(text));
      const some = await spool.read();
      reading.push(...some.map(textOf));
      spool.committed(some.at(-1)?.message.spooled ?? 0);
    }
    reading.push(...(await readAll()).texts);

    expect(reading).toEqual(texts(0, 1000));
    await spool.close([], []);
  });

  test('keeps a file until the last of it is committed', async () => {
    const folder = makeFolder();
    const { spool, readAll } = await openSpool(folder);
    for (const text of texts(0, 10)) spool.append(entry(text));
    const { number } = await readAll();
    expect(spool.committed(number - 1)).toBeGreaterThan(0);
    expect(spoolFiles(folder)).toHaveLength(1);
    expect(spool.messages).toBe(1);
    spool.committed(number);

    await vi.waitFor(() => expect(spoolFiles(folder)).toEqual([]), waiting);
    expect([spool.bytes, spool.messages]).toEqual([0, 0]);
    await spool.close([], []);
  });

  test('is for its owner alone', async () => {
    const folder = join(makeFolder(), 'spool');
    const { spool, written } = await openSpool(folder);
    spool.append(entry('secret'));
    await written();

    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
    expect((statSync(spoolFiles(folder)[0]!.path).mode & 0o777).toString(8)).toBe('600');
    await spool.close([], []);
  });

  test('of another process is refused, with the way out', async () => {
    const folder = makeFolder();
    const { spool } = await openSpool(folder);

    await expect(openSpoolFolder(folder)).rejects.toMatchObject({
      code: 'bad_config',
      message: expect.stringContaining('--spool') as string,
    });
    await spool.close([], []);
    (await openSpoolFolder(folder)).release();
  });
});

describe('after a crash', () => {
  test('all that was not committed comes again, before anything new', async () => {
    const folder = makeFolder();
    const first = await openSpool(folder, { fileBytes: 1 });
    for (const text of texts(0, 30)) {
      first.spool.append(entry(text));
      await first.readAll();
    }
    first.spool.committed(12);
    await first.crash();

    const second = await openSpool(folder);
    expect(second.spool.left).toEqual({ clean: false });
    second.spool.append(entry('new'));
    const { texts: read } = await second.readAll();
    expect(read).toEqual([...texts(12, 30), 'new']);
    await second.spool.close([], []);
  });

  test('a torn tail is cut off, wherever it is torn', async () => {
    for (const cut of [1, 7, 8, 9, 100]) {
      const folder = makeFolder();
      const first = await openSpool(folder);
      for (const text of texts(0, 3)) first.spool.append(entry(text));
      await first.written();
      await first.crash();
      const [file] = spoolFiles(folder);
      truncateSync(file!.path, file!.bytes - cut);

      const second = await openSpool(folder);
      expect(second.spool.messages).toBe(2);
      expect((await second.readAll()).texts).toEqual(texts(0, 2));
      await second.spool.close([], []);
    }
  });

  test('a file that is damaged in its middle costs only what follows in it', async () => {
    const folder = makeFolder();
    const first = await openSpool(folder, { fileBytes: 1 });
    first.spool.append(entry('one'));
    await first.readAll();
    for (const text of ['two', 'three']) {
      first.spool.append(entry(text));
      await first.readAll();
    }
    await first.crash();
    const middle = spoolFiles(folder)[1]!;
    const bytes = await readFile(middle.path);
    bytes[bytes.length - 3]! ^= 1;
    await writeFile(middle.path, bytes);

    const second = await openSpool(folder);
    const { texts: read, number } = await second.readAll();
    expect(read).toEqual(['one', 'torn', 'three']);
    expect(second.spool.messages).toBe(2);
    // Until it is known where something is missing, the file says it again.
    second.spool.committed(1);
    expect(spoolFiles(folder).some(({ name }) => name === middle.name)).toBe(true);
    second.spool.committed(number);
    await vi.waitFor(() => expect(spoolFiles(folder)).toEqual([]), waiting);
    await second.spool.close([], []);
  });

  test('zeros at the end of a file, as some file systems leave them, are no messages', async () => {
    const folder = makeFolder();
    const first = await openSpool(folder);
    first.spool.append(entry('one'));
    await first.written();
    await first.crash();
    appendFileSync(spoolFiles(folder)[0]!.path, Buffer.alloc(5000));

    const second = await openSpool(folder);
    expect((await second.readAll()).texts).toEqual(['one']);
    await second.spool.close([], []);
  });
});

test('what is written at the end comes before and after the rest, and says that it was the end', async () => {
  const folder = makeFolder();
  const first = await openSpool(folder);
  first.spool.append(entry('middle'));
  await first.spool.close([entry('first')], [entry('last'), { url: null, message: { kind: 'stopped' } }]);

  const second = await openSpool(folder);
  expect(second.spool.left).toEqual({ clean: true });
  expect(second.spool.messages).toBe(3);
  expect((await second.readAll()).texts).toEqual(['first', 'middle', 'last', 'stopped']);
  await second.spool.close([], []);
});

describe('a spool has room', () => {
  test('for as many bytes on the disk as it is allowed, and again after a commit', async () => {
    const { spool, readAll } = await openSpool(makeFolder(), { maxBytes: 20_000 });
    let count = 0;
    while (spool.hasRoom(300) && count < 1000) spool.append(entry(`message ${count++}`));
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(100);
    const { number } = await readAll();
    spool.committed(number);

    expect(spool.hasMuchRoom()).toBe(true);
    await spool.close([], []);
  });

  test('for what fits into memory when the disk is full, gives that out, and goes on when there is space again', async () => {
    const folder = makeFolder();
    let isFull = false;
    const append: TailHooks['append'] = async (file, parts) => {
      const bytes = Buffer.concat(parts);
      if (!isFull) return file.appendFile(bytes);
      // A full disk takes the beginning.
      await file.appendFile(bytes.subarray(0, 20));
      throw new Error('ENOSPC: no space left on device');
    };
    const { spool, warnings, readAll } = await openSpool(folder, { maxUnwrittenBytes: 20_000 }, { append });
    spool.append(entry('before'));
    await vi.waitFor(() => expect(spoolFiles(folder)[0]?.bytes).toBeGreaterThan(0), waiting);
    isFull = true;
    let count = 0;
    while (spool.hasRoom(1000) && count < 1000) spool.append(entry(`message ${count++}`));
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(100);
    await vi.waitFor(() => expect(warnings).toEqual(['the spool cannot be written to']), waiting);

    expect((await readAll()).texts).toEqual(['before', ...texts(0, count)]);
    expect(spool.hasMuchRoom()).toBe(true);
    spool.append(entry('still full'));
    isFull = false;
    await vi.waitFor(() => expect(spoolFiles(folder).at(-1)?.bytes).toBeGreaterThan(300), waiting);
    spool.append(entry('after'));
    expect((await readAll()).texts).toEqual(['still full', 'after']);
    await spool.close([], []);
  });
});
