/**
 * Recordings of real Celery clusters: what went over the wire, and what Celery itself made of it. They lie in
 * `test/fixtures/celery/`, plain or gzipped, under the name they were recorded with.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const folder = new URL('../fixtures/celery/', import.meta.url);

/** One recorded line: `i` is its number, `t` the Unix time of recording; the rest depends on the recording. */
export interface CaptureLine {
  readonly i: number;
  readonly t: number;
  readonly [field: string]: unknown;
}

/** The text of a recording, by its file name without `.gz`: `events-redis-5.6.3.jsonl`. */
function readRecordedText(fileName: string): string {
  const plain = new URL(fileName, folder);
  if (existsSync(plain)) return readFileSync(plain, 'utf8');
  const gzipped = new URL(`${fileName}.gz`, folder);
  if (existsSync(gzipped)) return gunzipSync(readFileSync(gzipped)).toString('utf8');
  throw new Error(`No recording ${fileName}, plain or gzipped, in ${fileURLToPath(folder)}`);
}

/** The lines of a `.jsonl` recording, by its name without ending: `readCapture('events-redis-5.6.3')`. */
export function readCapture<Line extends CaptureLine = CaptureLine>(name: string): Line[] {
  return readRecordedText(`${name}.jsonl`)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** A `.json` recording, by its name without ending: `readRecordedJson('state-redis-5.6.3')`. */
export function readRecordedJson(name: string): unknown {
  return JSON.parse(readRecordedText(`${name}.json`));
}
