import { blockRows, type CodeColumn, type Codes } from '../columns.ts';
import type { RunQuery } from './postgres-columns.ts';

/** Codes are only ever added, so that dictionaries are read on, never again. */
const readTexts = `SELECT field, segment_id, code, text
  FROM unnest($1::text[], $2::int8[], $3::int8[]) AS known (column_name, id, last)
    JOIN dictionary ON field = column_name AND segment_id = known.id
  WHERE code > known.last ORDER BY field, segment_id, code`;

/** Reads what was added to dictionaries in these segments, all of them at once. */
export async function readOn(
  query: RunQuery,
  dictionaries: ReadonlyMap<CodeColumn, CommonDictionary>,
  segmentIds: readonly number[],
): Promise<void> {
  const known = [...dictionaries].flatMap(([column, dictionary]) =>
    segmentIds.map((id) => ({ column, id, last: dictionary.countOf(id) })),
  );
  const rows = await query<{ field: CodeColumn; segment_id: number; code: number; text: string }>(readTexts, [
    known.map(({ column }) => column),
    known.map(({ id }) => id),
    known.map(({ last }) => last),
  ]);
  for (const { field, segment_id, code, text } of rows) dictionaries.get(field)!.add(segment_id, code, text);
}

/** One dictionary of a column for all segments, each of which has codes of its own. */
export class CommonDictionary {
  #texts: string[] = [''];
  readonly #codes = new Map<string, number>();
  /** By segment: the common code by the segment's own. */
  readonly #common = new Map<number, number[]>();

  /** As they are now: it does not grow in the hands of whoever has it. */
  get texts(): readonly string[] {
    return this.#texts.slice();
  }

  countOf(segmentId: number): number {
    return (this.#common.get(segmentId)?.length ?? 1) - 1;
  }

  add(segmentId: number, code: number, text: string): void {
    let common = this.#common.get(segmentId);
    if (!common) this.#common.set(segmentId, (common = [0]));
    let known = this.#codes.get(text);
    if (known === undefined) this.#codes.set(text, (known = this.#texts.push(text) - 1));
    common[code] = known;
  }

  /** A code that came after the dictionary was read stands for nothing yet, and `isWhole` says so. */
  translate(segmentId: number, codes: Codes): { codes: Codes; isWhole: boolean } {
    const common = this.#common.get(segmentId) ?? [0];
    const width = this.#texts.length <= 256 ? Uint8Array : this.#texts.length <= 65_536 ? Uint16Array : Uint32Array;
    const translated = new width(blockRows);
    let isWhole = true;
    for (let row = 0; row < blockRows; row++) {
      const code = common[codes[row]!];
      if (code === undefined) isWhole = false;
      else translated[row] = code;
    }
    return { codes: translated, isWhole };
  }
}
