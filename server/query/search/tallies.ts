/** Counts over all rows of a segment that fit: how many, by the values of columns, over time. */
import type { FacetField } from '../../contract/search.ts';
import { blockRows, type Codes } from '../../store/columns.ts';
import type { CountAnswer, FacetsAnswer, HistogramAnswer, QuestionOf, RuntimesAnswer } from './question.ts';
import { toRuntimeBin } from './runtime-bins.ts';
import type { Scan } from './scan.ts';

export async function countRows(scan: Scan): Promise<CountAnswer> {
  let tasks = 0;
  const isWhole = await scan.all((_, fits) => {
    tasks += countFits(fits);
  });
  return { tasks, partial: !isWhole };
}

export async function countFacets(scan: Scan, { fields }: QuestionOf<'facets'>): Promise<FacetsAnswer> {
  const counts = new Map<FacetField, Float64Array>();
  let tasks = 0;
  const isWhole = await scan.all(async (block, fits) => {
    const found = countFits(fits);
    if (found === 0) return;
    tasks += found;
    for (const field of fields) {
      const codes = await scan.reader.codes(field, block);
      const known = grownFor(codes, counts.get(field) ?? new Float64Array(64));
      counts.set(field, known);
      addCodes(known, codes, fits);
    }
  });
  const facets: FacetsAnswer['facets'] = {};
  for (const [field, counted] of counts) facets[field] = byText(counted, await scan.dictionary(field));
  return { facets, tasks, partial: !isWhole };
}

/** Times `from` up to, and without, `to`. */
export async function countOverTime(scan: Scan, question: QuestionOf<'histogram'>): Promise<HistogramAnswer> {
  const { from, to, step } = question;
  const byBucket = new Map<number, Float64Array>();
  const zones = await scan.reader.columns.zones('received');
  const isWhole = await scan.all(async (block, fits) => {
    if (!(zones.low[block]! < to && zones.high[block]! >= from) || countFits(fits) === 0) return;
    const received = await scan.reader.numbers('received', block);
    const states = await scan.reader.codes('state', block);
    for (let i = 0; i < blockRows; i++) {
      const at = received[i]!;
      if (fits[i] !== 2 || !(at >= from && at < to)) continue;
      const bucket = Math.floor((at - from) / step);
      let counts = byBucket.get(bucket) ?? new Float64Array(16);
      if (states[i]! >= counts.length) counts = grownFor(states, counts);
      byBucket.set(bucket, counts);
      counts[states[i]!]! += 1;
    }
  });
  const dictionary = await scan.dictionary('state');
  const buckets = new Map([...byBucket].map(([bucket, counts]) => [bucket, byText(counts, dictionary)] as const));
  return { buckets, partial: !isWhole };
}

/** Times `from` up to, and without, `to`; tasks without a run time are not counted. */
export async function countRuntimesOverTime(scan: Scan, question: QuestionOf<'runtimes'>): Promise<RuntimesAnswer> {
  const { from, to, step } = question;
  const buckets = new Map<number, Map<number, number>>();
  const zones = await scan.reader.columns.zones('received');
  const isWhole = await scan.all(async (block, fits) => {
    if (!(zones.low[block]! < to && zones.high[block]! >= from) || countFits(fits) === 0) return;
    const received = await scan.reader.numbers('received', block);
    const runtimes = await scan.reader.numbers('runtime', block);
    for (let i = 0; i < blockRows; i++) {
      const at = received[i]!;
      const runtime = runtimes[i]!;
      if (fits[i] !== 2 || !(at >= from && at < to) || Number.isNaN(runtime)) continue;
      const bucket = Math.floor((at - from) / step);
      const bin = toRuntimeBin(runtime);
      let bins = buckets.get(bucket);
      if (!bins) buckets.set(bucket, (bins = new Map<number, number>()));
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
    }
  });
  return { buckets, partial: !isWhole };
}

function countFits(fits: Uint8Array): number {
  let twice = 0;
  for (let i = 0; i < blockRows; i++) twice += fits[i]!;
  return twice / 2;
}

function addCodes(counts: Float64Array, codes: Codes, fits: Uint8Array): void {
  for (let i = 0; i < blockRows; i++) if (fits[i] === 2) counts[codes[i]!]! += 1;
}

/** Counts with a place for each of the codes. */
function grownFor(codes: Codes, counts: Float64Array): Float64Array {
  let greatest = 0;
  for (let i = 0; i < blockRows; i++) if (codes[i]! > greatest) greatest = codes[i]!;
  if (greatest < counts.length) return counts;
  const grown = new Float64Array(2 * greatest);
  grown.set(counts);
  return grown;
}

function byText(counts: Float64Array, dictionary: readonly string[]): Map<string, number> {
  const texts = new Map<string, number>();
  for (let code = 1; code < dictionary.length; code++)
    if (counts[code]! > 0) texts.set(dictionary[code]!, counts[code]!);
  return texts;
}
